// The operator's view: Lab's menus, side bars and status line step back while a runbook is in front in Lab's
// single-document mode, and no key, menu or mouse changes a cell of it until its code is shown.
const EDITS = /^(notebook|editmenu|runmenu|kernelmenu|cell|inspector|debugger|application:close)/;
const CHROME = ['jp-header-panel', 'jp-top-panel', 'jp-menu-panel', 'jp-bottom-panel', 'top-panel-wrapper', 'menu-panel-wrapper'];

export function lock(app, runbookOf) {
  const { commands, shell } = app;
  let plain = false;
  const inFront = () => (plain ? null : runbookOf(shell.currentWidget));
  const isLocked = () => inFront()?.locked;

  commands.drkit = commands.execute.bind(commands); // ours, which goes through
  commands.execute = (id, args) => (EDITS.test(id) && isLocked() ? Promise.resolve() : commands.drkit(id, args));

  const ofCells = ({ target }) => target.closest?.('.drkit-runbook .jp-Notebook') && isLocked();
  const keep = event => ofCells(event) && event.stopImmediatePropagation();
  // Lab's menu of a cell would change it; a form has a menu of its own, the browser's.
  window.addEventListener('contextmenu', keep, true);
  window.addEventListener('dblclick', event => event.target.closest?.('.jp-MarkdownCell') && keep(event), true);
  window.addEventListener('dragstart', keep, true);

  const chrome = () => {
    const main = [...shell.layout.widgets].find(each => each.id === 'jp-main-content-panel');
    const sides = main ? [...main.layout.widgets].filter(each => each.hasClass('jp-SideBar')) : [];
    return [...[...shell.layout.widgets].filter(each => CHROME.includes(each.id)), ...sides];
  };
  let hidden = [];
  const current = () => {
    const runbook = inFront();
    const alone = runbook && shell.mode !== 'multiple-document';
    document.body.classList.toggle('drkit-operator', !!runbook);
    if (alone) {
      if (shell.collapseLeft) [shell.collapseLeft(), shell.collapseRight()];
      const shown = chrome().filter(each => !each.isHidden);
      shown.forEach(each => each.hide());
      hidden = [...hidden, ...shown];
    } else {
      hidden.forEach(each => each.show());
      hidden = [];
    }
  };
  app.drkitPlain = on => {
    plain = on;
    document.body.classList.toggle('drkit-plain', on);
    current();
    if (shell.mode) shell.mode = on ? 'multiple-document' : 'single-document';
    current();
  };
  return current;
}
