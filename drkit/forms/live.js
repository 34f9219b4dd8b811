// Shows `value` (HTML that Python escaped) and changes only what differs, so that a text being copied, a
// tooltip and an opened detail survive a rewrite. Times are put on the reader's clock.
// Keys pressed in a form are the form's own, not JupyterLab's shortcuts: "0 0" would restart the kernel. Lab
// looks for the mark on the focused element itself.
if (!window.drkitKeys) {
  window.drkitKeys = true;
  document.addEventListener('focusin', ({ target }) => {
    if (target.closest?.('.drkit-card, .drkit-look')) target.setAttribute('data-lm-suppress-shortcuts', 'true');
    const toggle = target.closest?.('.drkit-toggle');
    if (toggle && !toggle.hasAttribute('aria-expanded')) {
      // Whether a card is open stands in its words; whoever does not see the sign is told as well.
      const tell = () => toggle.setAttribute('aria-expanded', String(toggle.textContent.includes('▾')));
      new MutationObserver(tell).observe(toggle, { childList: true, characterData: true, subtree: true });
      tell();
    }
  });
}

// What had the focus can be taken away, as a button is that was pressed: then the focus goes to the next thing to do,
// which is in the card that is not through, and never to the page's body.
const FIELDS = 'input, select, textarea, button, [tabindex="0"]';
const inSight = each => each.offsetParent !== null && !each.disabled && getComputedStyle(each).visibility === 'visible';

function nextThing() {
  const open = state => `.drkit-card.drkit-${state}`;
  const card = document.querySelector(['failed', 'unknown', 'stopped', 'ready', 'working'].map(open).join())
    || [...document.querySelectorAll('.drkit-card')].pop();
  const within = [...(card?.querySelectorAll(FIELDS) || [])].filter(inSight);
  return within.find(each => each.classList.contains('mod-primary')) || within[0];
}

if (!window.drkitFocus) {
  window.drkitFocus = true;
  let last = null;
  document.addEventListener('focusin', ({ target }) => { last = target.closest?.('.drkit-card') && target; });
  document.addEventListener('pointerdown', ({ target }) => { last = target.closest?.('.drkit-card') && last; });
  setInterval(() => {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (last && lost && !inSight(last)) nextThing()?.focus({ preventScroll: true });
  }, 300);
}

// In a matrix the arrow keys go from cell to cell, and the tab key past it, as in any grid.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function goOn(event) {
  const cell = event.target.closest?.('.drkit-matrix td');
  const step = cell && STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const row = cell.parentElement.parentElement.rows[cell.parentElement.sectionRowIndex + step[0]];
  const next = row?.cells[cell.cellIndex + step[1]]?.querySelector('button');
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

// In a table to pick from the arrow keys go from row to row and up to its heads, the space bar presses; the tab
// key goes past it: it is one stop.
function pickOn(event) {
  const here = event.target.closest?.('.drkit-pick tbody tr[data-press], .drkit-pick thead button');
  const along = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity, ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  const head = here.nodeName === 'BUTTON', sideways = event.key.startsWith('ArrowL') || event.key.startsWith('ArrowR');
  if (event.key === ' ' && !head) { event.preventDefault(); here.click(); }
  if (!along || (sideways && !head)) return;
  event.preventDefault();
  const table = here.closest('table');
  const heads = [...table.tHead.querySelectorAll('button')], rows = [...table.tBodies[0].rows].filter(row => row.dataset.press);
  const among = head && sideways ? heads : rows;
  const at = head && !sideways ? (along > 0 ? 0 : -1) : among.indexOf(here) + along;
  const next = at < 0 && !(head && sideways) && along > -2 ? heads[0] : among[Math.min(Math.max(at, 0), among.length - 1)];
  next?.focus();
}

// Pages that are not from this machine and not encrypted have no clipboard of their own.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.body.appendChild(document.createElement('textarea'));
  field.value = text;
  field.select();
  document.execCommand('copy');
  field.remove();
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

// Run All goes to the last cell, and again as the cells above grow; the first step is on top. Whoever does
// something meanwhile has the say. What is far from sight Lab takes out of the page, so the notebook is kept.
function toTheFirstStep(el) {
  let notebook = null;
  const timer = setInterval(() => {
    notebook ||= el.closest('.jp-WindowedPanel-outer');
    notebook?.scrollTo(0, 0);
  }, 250);
  const end = () => clearInterval(timer);
  setTimeout(end, 20000);
  ['pointerdown', 'wheel', 'keydown'].forEach(kind => addEventListener(kind, end, { once: true, capture: true }));
}

// A runbook that was just filled in is opened at once where the browser still takes it for the press that asked.
function openOnce(el) {
  const link = el.querySelector('a[data-open]');
  if (!link || el.opened === link.href) return;
  el.opened = link.href;
  if (navigator.userActivation?.isActive) window.open(link.href, '_blank', 'noopener');
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
      openOnce(el);
    };
    el.addEventListener('keydown', goOn);
    el.addEventListener('keydown', pickOn);
    el.addEventListener('click', ({ target }) => {
      const pressed = target.closest('[data-press]'), button = target.closest('button');
      if (pressed) model.send({ press: pressed.dataset.press });
      if (button?.dataset.copy) copy(button.dataset.copy).then(() => model.send({ copied: true }));
    });
    if (model.get('leads') && !window.drkitLab) toTheFirstStep(el);
    if (model.get('announced')) model.send({ page: String(performance.timeOrigin) });
    model.on('change:value', show);
    const button = () => el.querySelector('.mod-primary') || el.querySelector('button');
    model.on('msg:custom', ({ do: what }) => { if (what === 'focus') button()?.focus(); });
    show();
  }
};
