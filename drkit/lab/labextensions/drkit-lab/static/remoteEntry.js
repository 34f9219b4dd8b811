// Opens a runbook as a form: its cells are run when it is opened, so that the first form is there without a
// click, and the grey lines in place of hidden code are taken away (View > Expand All Code brings the code back).
// Which notebooks: those the server named, laid by drkit. A page that is loaded again while the kernel still
// holds its widgets is left as it is.
(() => {
  const WIDGET = 'application/vnd.jupyter.widget-view+json';
  const STYLE = `
    .drkit-runbook .jp-CodeCell > .jp-Cell-inputWrapper:has(> .jp-InputPlaceholder) { display: none; }
    .drkit-runbook .jp-CodeCell:has(> .jp-Cell-inputWrapper > .jp-InputPlaceholder) .jp-OutputPrompt { visibility: hidden; }
  `;

  function shownWidgets(notebook) {
    const ids = [];
    for (const cell of notebook.cells) {
      for (let i = 0; i < (cell.outputs ? cell.outputs.length : 0); i++) {
        const view = cell.outputs.get(i).data[WIDGET];
        if (view) ids.push(view.model_id);
      }
    }
    return ids;
  }

  async function isAlive(panel) {
    const shown = shownWidgets(panel.content.model);
    if (shown.length === 0) return false;
    const reply = await panel.sessionContext.session.kernel.requestCommInfo({ target_name: 'jupyter.widget' });
    return shown.every(id => id in (reply.content.comms || {}));
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

  // Lab takes the second of two saves that overlap for somebody else's change, and asks which one to keep.
  function saveOneByOne(context) {
    const save = context.save.bind(context);
    let last = Promise.resolve();
    context.save = () => (last = last.catch(() => {}).then(save));
  }

  // anywidget shows nothing of what did not load within two seconds, and a page on a busy machine needs longer.
  function waitLonger() {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = milliseconds => timeout(milliseconds === 2000 ? 600000 : milliseconds);
  }

  // A form that the page asks for before it has heard of it from the kernel is waited for two seconds; on a slow
  // page an error then stands in its place for good, though it came meanwhile. The mark on it is Lab's own.
  function askAgain(panel) {
    let tries = 0;
    const look = () => {
      for (const { model, outputArea } of panel.content.widgets) {
        (outputArea ? outputArea.widgets : []).forEach((shown, at) => {
          const failed = shown.node.querySelector('.jp-OutputArea-output.jupyter-widgets');
          if (!failed || ++tries > 50) return;
          failed.classList.remove('jupyter-widgets');
          model.outputs.set(at, model.outputs.get(at).toJSON());
        });
      }
    };
    new MutationObserver(look).observe(panel.node, { subtree: true, attributeFilter: ['class'] });
    look();
  }

  async function open(app, panel) {
    panel.node.classList.add('drkit-runbook');
    saveOneByOne(panel.context);
    await panel.context.ready;
    askAgain(panel);
    await panel.revealed;
    await panel.sessionContext.ready;
    if (!panel.sessionContext.session || (await isAlive(panel))) return;
    await pageHasAsked(panel.sessionContext.session.kernel);
    const view = panel.node.querySelector('.jp-WindowedPanel-outer');
    const [cell, place] = [panel.content.activeCellIndex, view.scrollTop];
    await app.commands.execute('notebook:run-all-cells');
    panel.content.activeCellIndex = cell; // Lab goes to the last one
    view.scrollTop = place;
    await panel.context.save();
  }

  function activate(app) {
    const page = JSON.parse(document.getElementById('jupyter-config-data').textContent);
    const runbooks = new Set(page.drkitRunbooks || []);
    const seen = new WeakSet();
    waitLonger();
    document.head.append(Object.assign(document.createElement('style'), { textContent: STYLE }));
    const look = () => {
      const panel = app.shell.currentWidget;
      if (!panel || !panel.context || !panel.sessionContext || seen.has(panel)) return;
      if (!runbooks.has(panel.context.path)) return;
      seen.add(panel);
      open(app, panel).catch(error => console.error('drkit-lab', error));
    };
    app.shell.currentChanged.connect(look);
    app.restored.then(look);
  }

  const plugin = { id: 'drkit-lab:open', autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['drkit-lab'] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();
