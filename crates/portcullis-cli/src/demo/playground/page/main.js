// The page: its controls, and what they set going.

import { Journal, tell } from "./journal.js";
import { Lane } from "./lane.js";
import { act, hasKey, now, onNewKey, setClock } from "./server.js";
import { Timeline } from "./timeline.js";

const PERIOD = 1000;
// What takes longer is seen to be under way.
const LONG = 1000;
// No timer runs longer.
const LONGEST_TIMER = 2 ** 31 - 1;
const ACTIONS = ["issue", "end-session", "revoke", "rotate", "power"];
const KINDS = { jwt: "JWT", opaque: "opaque", lightweight: "lightweight JWT" };

const part = (id) => document.getElementById(id);
const journal = new Journal(part("log"));
let scene = null;
let lanes = [];
let timeline = null;
let ticking = null;
let expiring = null;
let isActing = false;

function complain(sentence, isRemark = false) {
  const trouble = part("trouble");
  trouble.hidden = sentence === null;
  trouble.classList.toggle("remark", isRemark);
  trouble.textContent = sentence ?? "";
}

// Runs an action of the page; whatever goes wrong is said in words.
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    complain(error.message);
    setAuto(false);
  }
}

// The moment from which on whoever lets the token in has a gap; null unless there is one.
function overAt(token) {
  const moment = Math.min(token.over_at_ms ?? Infinity, token.expires_at_ms ?? Infinity);
  return moment === Infinity ? null : moment;
}

function hasExpired(token) {
  return token.expires_at_ms !== null && now() >= token.expires_at_ms;
}

// Says that a token has expired, when it does.
function awaitExpiry(token) {
  clearTimeout(expiring);
  if (token === null || token.over_at_ms !== null || token.expires_at_ms === null || hasExpired(token)) {
    return;
  }
  expiring = setTimeout(
    () => {
      describeToken(token);
      if (hasExpired(token)) {
        timeline.event(token.expires_at_ms, "token expired");
        journal.event(token.expires_at_ms, "The token has expired.");
      }
    },
    Math.min(token.expires_at_ms - now() + 1, LONGEST_TIMER),
  );
}

function describeToken(token) {
  part("token").hidden = token === null;
  part("no-token").hidden = token !== null;
  awaitExpiry(token);
  if (token === null) {
    return;
  }
  part("token-text").textContent = token.shortened;
  part("token-kind").textContent = `${KINDS[token.kind]}, ${token.characters} characters, of ${token.user}`;
  const isEnded = token.over_at_ms !== null;
  const state = part("token-state");
  state.dataset.over = String(isEnded || hasExpired(token));
  state.textContent = isEnded ? "over at the server" : hasExpired(token) ? "expired" : "alive";
}

function show(fresh) {
  const isNewToken = fresh.token?.id !== scene?.token?.id;
  scene = fresh;
  const { token, is_running: isRunning, is_embedded: isEmbedded } = scene;
  part("issuer").textContent = scene.issuer;
  part("server-state").dataset.state = isRunning ? "running" : "stopped";
  part("server-state").textContent = isRunning ? "authorization server runs" : "authorization server stopped";
  part("kinds").hidden = !isEmbedded;
  part("issue").textContent = isEmbedded ? "Log in and get a token" : "Log in at your server";
  part("issue").disabled = !isRunning;
  part("end-session").disabled = !(isRunning && token?.can_end_session);
  part("revoke").disabled = !(isRunning && token);
  for (const id of ["rotate", "power"]) {
    part(id).hidden = !isEmbedded;
  }
  part("rotate").disabled = !isRunning;
  part("power").disabled = false;
  part("power").textContent = isRunning ? "Stop the server" : "Start the server";
  for (const button of [part("call-all"), part("auto"), ...lanes.map((lane) => lane.button)]) {
    button.disabled = !token;
  }
  describeToken(token);
  if (isNewToken) {
    lanes.forEach((lane) => lane.begin());
  }
}

// Does one thing at a time at the authorization server. Meanwhile its buttons keep the focus and do
// nothing, and what takes long is seen to be under way.
async function alone(work) {
  if (isActing) {
    return;
  }
  const mark = (isUnderWay) => {
    isActing = isUnderWay;
    for (const id of ACTIONS) {
      part(id).setAttribute("aria-disabled", String(isUnderWay));
    }
  };
  mark(true);
  const long = setTimeout(() => {
    part("progress").hidden = false;
    tell(part("progress").textContent);
  }, LONG);
  try {
    await attempt(work);
  } finally {
    clearTimeout(long);
    part("progress").hidden = true;
    mark(false);
  }
}

// An action at the authorization server, and its mark on the timeline.
function happens(action, name, body, isQuiet = false) {
  return alone(async () => {
    const { said, scene: fresh } = await act(action, body());
    complain(null);
    show(fresh);
    timeline.event(fresh.at_ms, name, isQuiet);
    journal.event(fresh.at_ms, `${said[0].toUpperCase()}${said.slice(1)}.`);
  });
}

// Makes one call, and says what came of it; nothing where the token was replaced meanwhile.
async function call(lane) {
  const token = scene.token.id;
  lane.isBusy = true;
  const long = setTimeout(() => lane.wait(true), LONG);
  try {
    const called = await act("call", { way: lane.way, token });
    if (token !== scene.token.id) {
      return null;
    }
    const outcome = lane.show(called, overAt(scene.token));
    timeline.call(lanes.indexOf(lane), called.at_ms, outcome.verdict);
    journal.call(lane, called, outcome);
    return outcome;
  } finally {
    clearTimeout(long);
    lane.wait(false);
    lane.isBusy = false;
  }
}

// Calls these routes at once. Of calls that nobody has asked for one by one, only news is told.
function callThese(chosen, isAsked) {
  return attempt(async () => {
    const idle = chosen.filter((lane) => !lane.isBusy);
    const outcomes = await Promise.all(idle.map(call));
    const told = outcomes.filter((outcome) => outcome !== null && (isAsked || outcome.isNew));
    if (told.length > 0) {
      tell(told.map((outcome) => outcome.sentence).join(" "));
    }
  });
}

function setAuto(isOn) {
  part("auto").setAttribute("aria-checked", String(isOn));
  clearInterval(ticking);
  ticking = isOn ? setInterval(() => callThese(lanes, false), PERIOD) : null;
}

function wire() {
  const ofToken = () => ({ token: scene.token.id });
  const nothing = () => ({});
  part("issue").addEventListener("click", () => {
    if (!scene.is_embedded) {
      return alone(async () => location.assign((await act("log-in")).url));
    }
    const kind = document.querySelector("input[name=kind]:checked").value;
    return happens("issue", "new token", () => ({ kind }), true);
  });
  part("call-all").addEventListener("click", () => callThese(lanes, true));
  part("auto").addEventListener("click", () => {
    const isOn = ticking === null;
    setAuto(isOn);
    if (isOn) {
      callThese(lanes, false);
    }
  });
  part("end-session").addEventListener("click", () => happens("end-session", "session ended", ofToken));
  part("revoke").addEventListener("click", () => happens("revoke", "token revoked", ofToken));
  part("rotate").addEventListener("click", () => happens("rotate", "keys rotated", nothing, true));
  part("power").addEventListener("click", () =>
    scene.is_running ? happens("stop", "server stopped", nothing) : happens("start", "server back", nothing),
  );
}

async function open() {
  if (!hasKey()) {
    complain("Open the address that the demo has printed: it ends in #key=… and nobody else may use this page.");
    return;
  }
  await attempt(async () => {
    const fresh = await act("state");
    setClock(fresh);
    if (timeline === null) {
      lanes = fresh.ways.map((standing) => new Lane(standing, (lane) => callThese([lane], true)));
      part("lanes").append(...lanes.map((lane) => lane.element));
      timeline = new Timeline(part("axis"), lanes.map((lane) => lane.strip));
      wire();
    }
    complain(fresh.remark, true);
    show(fresh);
  });
}

onNewKey(open);
await open();
