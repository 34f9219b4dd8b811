// Shows `value` (HTML that Python escaped) and changes only what differs, so that a text being copied, a
// tooltip and an opened detail survive a rewrite. Times are put on the reader's clock.
// Keys pressed in a form are the form's own, not JupyterLab's shortcuts: "0 0" would restart the kernel. Lab
// looks for the mark on the focused element itself.
if (!window.drkitKeys) {
  window.drkitKeys = true;
  document.addEventListener('focusin', ({ target }) => {
    if (target.closest?.('.drkit-card')) target.setAttribute('data-lm-suppress-shortcuts', 'true');
  });
}

const pad = number => String(number).padStart(2, '0');

function onTheReadersClock(time) {
  const then = new Date(time.dateTime);
  const day = `${then.getFullYear()}-${pad(then.getMonth() + 1)}-${pad(then.getDate())} `;
  const clock = `${pad(then.getHours())}:${pad(then.getMinutes())}:${pad(then.getSeconds())}`;
  time.textContent = (then.toDateString() === new Date().toDateString() ? '' : day) + clock;
}

function patch(shown, wanted) {
  if (shown.nodeName !== wanted.nodeName) return shown.replaceWith(wanted.cloneNode(true));
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== wanted.data) shown.data = wanted.data;
    return;
  }
  for (const { name } of [...(shown.attributes || [])])
    if (name !== 'open' && !wanted.hasAttribute(name)) shown.removeAttribute(name);
  for (const { name, value } of wanted.attributes || [])
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  patchChildren(shown, wanted);
}

function patchChildren(shown, wanted) {
  while (shown.childNodes.length > wanted.childNodes.length) shown.lastChild.remove();
  [...wanted.childNodes].forEach((child, at) => {
    if (at < shown.childNodes.length) patch(shown.childNodes[at], child);
    else shown.append(child.cloneNode(true));
  });
}

export default {
  render({ model, el }) {
    el.classList.add('drkit-live');
    if (model.get('spoken')) el.setAttribute('aria-live', model.get('spoken'));
    const show = () => {
      const wanted = document.createElement('template');
      wanted.innerHTML = model.get('value');
      wanted.content.querySelectorAll('time[datetime]').forEach(onTheReadersClock);
      patchChildren(el, wanted.content);
    };
    if (model.get('announced')) model.send({ page: String(performance.timeOrigin) });
    model.on('change:value', show);
    show();
  }
};
