// drkit's part of the page: what Jupyter loads of it. The rest is in the modules beside, in `runbook.js` first.
(() => {
  const here = document.currentScript.src;
  const activate = app => void import(new URL('runbook.js', here)).then(module => module.activate(app));
  const plugin = { id: 'drkit-lab:open', autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['drkit-lab'] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();
