// When the kernel behind a runbook is gone its forms are pictures of what was: the page says so within seconds, and
// what to press; then a new kernel shows the forms, and goes on with the run that they showed.
const GONE =
  'The kernel of this runbook has ended: what stands here is how it was, and its buttons do nothing. What a run has ' +
  'sent and learned is in the journal.';
const SILENT =
  'JupyterLab does not answer: what stands here is how it was, and its buttons do nothing. Where drkit lab has ended, ' +
  'start it again and open the address that it prints; what a run has sent and learned is in the journal.';
const ENDED = ['restarting', 'autorestarting', 'dead', 'terminating'];
const EVERY = 1500; // milliseconds between two looks whether the kernel is there

export function watch(runbook) {
  const { panel, app, bar } = runbook;
  const context = panel.sessionContext;
  let silent = false;
  const gone = () => {
    if (runbook.gone) return;
    runbook.gone = true;
    panel.node.classList.add('drkit-gone');
    runbook.opening.end();
    const run = shownRun(panel);
    const label = run ? 'Start again, and show its run' : 'Start again';
    bar.ask(GONE, label, () => startAgain(runbook, run));
    if (runbook.locked) closeLabsOwnWord();
  };
  context.statusChanged.connect((_, status) => ENDED.includes(status) && gone());
  const look = async () => {
    if (document.hidden || panel.isDisposed || runbook.gone) return;
    const { baseUrl, token } = app.serviceManager.serverSettings;
    const headers = token ? { Authorization: `token ${token}` } : {};
    const id = context.session?.kernel?.id;
    try {
      const answer = await fetch(`${baseUrl}api/kernels/${id}`, { headers });
      if (silent) bar.ask();
      silent = false;
      if (answer.status === 404) gone();
    } catch {
      if (!silent) bar.ask(SILENT);
      silent = true;
    }
  };
  const timer = setInterval(() => (panel.isDisposed ? clearInterval(timer) : look()), EVERY);
}

// Lab says the same in a dialog, which would have to be closed before anything can be done about it.
function closeLabsOwnWord() {
  const look = () => {
    for (const dialog of document.querySelectorAll('.jp-Dialog')) {
      if (dialog.textContent.includes('Kernel Restarting')) dialog.querySelector('.jp-mod-accept')?.click();
    }
  };
  look();
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), 5000);
}

function shownRun(panel) {
  const text = panel.node.querySelector('.drkit-band')?.textContent ?? '';
  return text.match(/\d{8}-\d{6}-[0-9a-f]{6}/)?.[0] ?? '';
}

async function startAgain(runbook, run) {
  const { panel, app, opening } = runbook;
  const context = panel.sessionContext;
  panel.node.classList.remove('drkit-gone');
  opening.step(2);
  const { kernel } = context.session ?? {};
  const lives = kernel && !['dead', 'terminating', 'unknown'].includes(kernel.status) && (await isThere(app, kernel));
  if (!lives) await context.changeKernel({ name: context.kernelPreference.name || 'python3' });
  await context.session.kernel.info;
  runbook.gone = false;
  await app.commands.drkit('notebook:clear-all-cell-outputs');
  await runbook.run(run);
}

async function isThere(app, kernel) {
  const { baseUrl, token } = app.serviceManager.serverSettings;
  const headers = token ? { Authorization: `token ${token}` } : {};
  return (await fetch(`${baseUrl}api/kernels/${kernel.id}`, { headers })).ok;
}

// The runbook's parameter `run` names a run to go on with. It is set once the parameters cell has been run.
export async function bringBack(kernel, run) {
  const code = `
from IPython import get_ipython
def _bring_back(*_):
    if get_ipython().user_ns.get("run") == "":
        get_ipython().user_ns["run"] = ${JSON.stringify(run)}
        get_ipython().events.unregister("pre_run_cell", _bring_back)
get_ipython().events.register("pre_run_cell", _bring_back)
`;
  await kernel.requestExecute({ code, silent: true, store_history: false }).done;
}
