// Where Lab is quicker than a slow page: what would be lost or given up is waited for, and asked for again.

// Lab takes the second of two saves that overlap for somebody else's change, and asks which one to keep.
export function saveOneByOne(context) {
  const save = context.save.bind(context);
  let last = Promise.resolve();
  context.save = () => (last = last.catch(() => {}).then(save));
}

// anywidget shows nothing of what did not load within two seconds, and a page on a busy machine needs longer.
export function waitLonger() {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = milliseconds => timeout(milliseconds === 2000 ? 600000 : milliseconds);
}

// A form that the page asks for before it has heard of it from the kernel is waited for two seconds; on a slow
// page an error then stands in its place for good, though it came meanwhile. The mark on it is Lab's own.
export function askAgain(panel) {
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
