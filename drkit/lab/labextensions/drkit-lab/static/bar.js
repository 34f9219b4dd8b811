// The runbook's own toolbar, in the place of Lab's, and what it has to say.
const dirname = path => path.slice(0, path.lastIndexOf('/') + 1);
const words = name => name.replace(/\.ipynb$/, '').replaceAll('_', ' ').replace(/^\d+ /, '');
const START = '00_start_here.ipynb';

export class Bar {
  constructor(runbook) {
    this.runbook = runbook;
    this.node = document.createElement('div');
    this.node.className = 'drkit-chrome';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Runbook');
    this.start = this.button('Start page', () => this.open(dirname(this.path) + START));
    this.menu = document.createElement('details');
    this.menu.append(document.createElement('summary'), document.createElement('ul'));
    this.menu.firstChild.textContent = 'Runbooks';
    this.menu.addEventListener('toggle', () => this.list());
    this.menu.addEventListener('keydown', event => event.key === 'Escape' && this.close());
    this.menu.addEventListener('focusout', () =>
      setTimeout(() => this.menu.contains(document.activeElement) || this.close(), 100)
    );
    this.stop = this.button('Stop', () => stopButton(runbook.panel)?.click());
    this.stop.title = 'Stop the run of this runbook';
    this.code = this.button('Show code', () => this.show(runbook.locked));
    this.code.setAttribute('aria-pressed', 'false');
    this.plain = this.button('Plain JupyterLab', () => runbook.app.drkitPlain(true));
    this.back = this.button('Runbook view', () => runbook.app.drkitPlain(false));
    this.back.className = 'drkit-back';
    this.said = document.createElement('div');
    this.said.className = 'drkit-said';
    this.said.setAttribute('role', 'status');
    const gap = Object.assign(document.createElement('span'), { className: 'drkit-gap' });
    this.node.append(this.start, this.menu, this.stop, gap, this.code, this.plain);
    runbook.panel.toolbar.node.append(this.back);
    runbook.panel.node.prepend(this.node, this.said); // over Lab's toolbar, not in it: that takes the tab key away
    setInterval(() => (this.stop.disabled = !stopButton(runbook.panel)), 300);
  }

  get path() {
    return this.runbook.panel.context.path;
  }

  button(text, onClick) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: text });
    button.addEventListener('click', onClick);
    return button;
  }

  open(path) {
    this.close();
    return this.runbook.app.commands.drkit('docmanager:open', { path });
  }

  close() {
    this.menu.open = false;
  }

  // The notebooks of the folder.
  async list() {
    if (!this.menu.open) return;
    const { contents } = this.runbook.app.serviceManager;
    const { content } = await contents.get(dirname(this.path));
    const found = content.filter(each => each.type === 'notebook').sort((a, b) => (a.name < b.name ? -1 : 1));
    this.menu.lastChild.replaceChildren(
      ...found.map(({ name, path }) => {
        const item = document.createElement('li');
        item.append(this.button(words(name), () => this.open(path)));
        item.firstChild.toggleAttribute('disabled', path === this.path);
        return item;
      })
    );
    this.menu.querySelector('li button:enabled')?.focus();
  }

  // Only where code is shown cells can be changed.
  show(code) {
    const { runbook } = this;
    runbook.locked = !code;
    runbook.panel.node.classList.toggle('drkit-code', code);
    this.code.setAttribute('aria-pressed', String(code));
    this.code.textContent = code ? 'Hide code' : 'Show code';
    for (const cell of runbook.panel.content.widgets) {
      if (cell.model.type === 'code') cell.inputHidden = !code;
    }
  }

  // Say something, with a button for what to do about it; nothing takes it away again.
  ask(text = '', label = '', onClick = () => {}) {
    this.said.replaceChildren();
    if (!text) return;
    const act = () => (this.ask(), onClick());
    this.said.append(text, ...(label ? [this.button(label, act)] : []));
  }
}

const stopButton = panel =>
  [...panel.node.querySelectorAll('.drkit-card button:not(:disabled)')].find(
    each => each.textContent === 'Stop' && each.offsetParent
  );
