// Speaks with the demo. What may be done here needs the key of the URL that the demo printed; it was in
// the fragment, which no server and no other page has seen.

const PLACE = "portcullis-playground-key";

let offset = 0;

function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key) {
    sessionStorage.setItem(PLACE, key);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(PLACE);
}

let key = takeKey();

/** Whether the page was opened by the printed URL. */
export function hasKey() {
  return key !== null;
}

/** Calls back when the printed URL is opened in this very tab, which loads nothing anew. */
export function onNewKey(callback) {
  addEventListener("hashchange", () => {
    key = takeKey();
    callback();
  });
}

/** The moment now, in the demo's milliseconds. */
export function now() {
  return performance.now() + offset;
}

/** Carries out an action; what the demo answers, or an error with its sentence. */
export async function act(action, body = {}) {
  let answer;
  try {
    answer = await fetch(`/play/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-portcullis-key": key ?? "" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The demo does not answer. Does it still run?");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(said.error ?? `The demo answered ${answer.status}.`);
  }
  return said;
}

/** Sets the clock by a scene that has just come. */
export function setClock(scene) {
  offset = scene.at_ms - performance.now();
}
