// A runbook opens as a form: its cells are run when it is opened, so that the first form is there without a click.
// Which notebooks: those that `drkit lab` laid, and those whose code is a shipped runbook's but for the values of
// its parameters, which the server says. Whatever else looks like a runbook is run when its reader says so.
// A page that is loaded again while the kernel still holds its widgets is left as it is.
import { Bar } from './bar.js';
import { bringBack, watch } from './kernel.js';
import { Opening } from './opening.js';
import { askAgain, saveOneByOne, waitLonger } from './patience.js';
import { lock } from './view.js';

const WIDGET = 'application/vnd.jupyter.widget-view+json';
const CHANGED = 'The code of this runbook is not as it was shipped. Read it (Show code); it runs when you say so.';
const NO_DRKIT =
  'The Python of this notebook has no drkit: install it there (pip install drkit), or choose another ' +
  'kernel in plain JupyterLab.';

export class Runbook {
  constructor(app, panel) {
    [this.app, this.panel] = [app, panel];
    this.locked = true; // cells can be neither changed nor deleted
    panel.node.classList.add('drkit-runbook');
    this.bar = new Bar(this);
    this.opening = new Opening(panel);
  }

  async open(mayRun) {
    const { panel } = this;
    saveOneByOne(panel.context);
    await panel.context.ready;
    this.opening.step(1);
    askAgain(panel);
    await panel.revealed;
    this.dress();
    this.opening.step(2);
    await panel.sessionContext.ready;
    watch(this);
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) return this.opening.end();
    kernel.commsOverSubshells = 'disabled'; // where a press can be lost
    this.dress(); // Lab adds its cells little by little
    if (await this.isAlive()) return this.opening.settled(4);
    if (mayRun) return this.run();
    this.opening.end();
    this.bar.ask(CHANGED, 'Start', () => this.run());
  }

  async run(run = '') {
    const { app, panel, opening } = this;
    opening.step(3);
    const kernel = panel.sessionContext.session.kernel;
    kernel.commsOverSubshells = 'disabled';
    await pageHasAsked(kernel);
    if (run) await bringBack(kernel, run);
    const view = panel.node.querySelector('.jp-WindowedPanel-outer');
    const [cell, place] = [panel.content.activeCellIndex, view?.scrollTop];
    await app.commands.drkit('notebook:run-all-cells');
    panel.content.activeCellIndex = cell; // Lab goes to the last one
    if (view) view.scrollTop = place;
    this.dress();
    await opening.settled(4);
    if (this.outputs().some(each => each.ename === 'ModuleNotFoundError' && each.evalue.includes('drkit'))) {
      this.bar.ask(NO_DRKIT, 'Start', () => this.run());
    }
    await panel.context.save();
  }

  // The word on Run All is for pages without this part. A feed, as Lab calls a notebook, consists of articles.
  dress() {
    for (const { model, node } of this.panel.content.widgets) {
      node.setAttribute('role', 'article');
      node.classList.toggle('drkit-run-all', (model.getMetadata('tags') || []).includes('drkit-run-all'));
    }
  }

  outputs() {
    const cells = [...this.panel.content.model.cells];
    return cells.flatMap(cell => (cell.outputs ? cell.outputs.toJSON() : []));
  }

  async isAlive() {
    const shown = this.outputs().flatMap(each => each.data?.[WIDGET]?.model_id ?? []);
    if (shown.length === 0) return false;
    const { kernel } = this.panel.sessionContext.session;
    const reply = await kernel.requestCommInfo({ target_name: 'jupyter.widget' });
    return shown.every(id => id in (reply.content.comms || {}));
  }
}

// A page that is being opened asks the kernel what widgets there are, and takes what it hears for true even when
// a newer word has come meanwhile: a form that fills itself just then would lose that for good. So the cells wait
// until the kernel has answered. Which question comes first is not known here, hence two of our own; they go the
// way of the page's own, so that the answers come in the same order, and a kernel without widgets ends them.
async function pageHasAsked(kernel) {
  await kernel.info;
  for (let i = 0; i < 2; i++) {
    const comm = kernel.createComm('jupyter.widget.control');
    const answered = new Promise(resolve => (comm.onMsg = comm.onClose = resolve));
    comm.open({}, { version: '1.0.0' });
    comm.send({ method: 'request_states' });
    await Promise.race([answered, new Promise(resolve => setTimeout(resolve, 10000))]);
    if (!comm.isDisposed) comm.close();
  }
}

function looksLikeOne(panel) {
  const cells = [...panel.content.model.cells];
  return (
    cells.some(cell => (cell.getMetadata('tags') || []).includes('parameters')) &&
    cells.some(cell => cell.type === 'code' && cell.sharedModel.getSource().includes('from drkit.forms import'))
  );
}

async function isShipped(app, path) {
  const { baseUrl, token } = app.serviceManager.serverSettings;
  const headers = token ? { Authorization: `token ${token}` } : {};
  const answer = await fetch(`${baseUrl}drkit/shipped?path=${encodeURIComponent(path)}`, { headers });
  return answer.ok && (await answer.json()).shipped;
}

export function activate(app) {
  const page = JSON.parse(document.getElementById('jupyter-config-data').textContent);
  const laid = new Set(page.drkitRunbooks || []);
  const seen = new WeakMap();
  const style = new URL('runbook.css', import.meta.url);
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: style }));
  window.drkitLab = app; // a sign for forms that this part is there
  waitLonger();
  const current = lock(app, panel => seen.get(panel));
  const look = async () => {
    const panel = app.shell.currentWidget;
    if (panel?.context && panel.sessionContext && !seen.has(panel)) {
      seen.set(panel, null);
      const ours = laid.has(panel.context.path);
      if (!ours) await panel.context.ready;
      if (ours || looksLikeOne(panel)) {
        const runbook = new Runbook(app, panel);
        seen.set(panel, runbook);
        current();
        await runbook.open(ours || (await isShipped(app, panel.context.path).catch(() => false)));
      }
    }
    if (panel && !seen.get(panel)) Opening.endFirst();
    current();
  };
  const looked = () => look().catch(error => console.error('drkit-lab', error));
  app.shell.currentChanged.connect(looked);
  app.restored.then(looked);
}
