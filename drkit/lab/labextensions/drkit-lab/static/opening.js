// What is being done until the first form can be used, step by step, in the place where the forms will be: they
// come behind it, so nothing that is read or aimed at moves. The first page shows its first step before Lab's own
// code is there: see `drkit/lab/opening.html`, which has the same words and look.
const STEPS = ['JupyterLab is loaded', 'The notebook is read', 'Python is started', 'drkit is loaded', 'The project is read'];
const MOST_SECONDS = 15; // a form that waits for a slow service says so itself

export class Opening {
  constructor(panel) {
    this.panel = panel;
    this.node = document.createElement('div');
    this.node.className = 'drkit-opening';
    this.node.setAttribute('role', 'status');
    panel.node.append(this.node);
    this.step(0);
    Opening.endFirst();
  }

  static endFirst() {
    document.getElementById('drkit-opening')?.remove();
  }

  step(at) {
    this.at = at;
    this.node.hidden = false;
    const mark = index => (index < at ? ['✓', 'done'] : index === at ? ['◐', 'under way'] : ['○', 'to come']);
    const items = STEPS.map((words, index) => {
      const [sign, state] = mark(index);
      return `<li data-state="${state}"><i aria-hidden="true">${sign}</i> ${words}<small>${state}</small></li>`;
    });
    this.node.innerHTML = `<div><p>Opening the runbook</p><ol>${items.join('')}</ol></div>`;
  }

  // Until no form says any more that it is being filled.
  async settled(at) {
    this.step(at);
    const until = Date.now() + MOST_SECONDS * 1000;
    while (Date.now() < until && !this.isThere()) await new Promise(resolve => setTimeout(resolve, 50));
    this.end();
  }

  isThere() {
    const { node } = this.panel;
    const all = selector => [...node.querySelectorAll(selector)];
    if (!node.querySelector('.jp-OutputArea-output > *')) return false;
    if (node.querySelector('.drkit-error:not(:empty)')) return true;
    const reading = all('.drkit-quiet, .drkit-toggle').some(each => /\breading…/i.test(each.textContent));
    const first = node.querySelector('.drkit-card')?.classList.contains('drkit-working');
    return !reading && !first && !node.querySelector('.drkit-groups:empty');
  }

  end() {
    this.node.hidden = true;
  }
}
