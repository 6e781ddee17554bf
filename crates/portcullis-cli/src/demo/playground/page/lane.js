// One route: what it says now, what that cost, and how wide its gap is.

const HOW = {
  local: ["Local", "Checks signature and claims here. Asks nobody."],
  hybrid: ["Hybrid", "Checks here too; is told of logouts, and asks again every 10 s in the background."],
  cached: ["Cached", "Asks the server, and lives on its answer for 10 s."],
  live: ["Live", "Asks the server before each request that it lets in."],
};

const WORDS = { "let-in": "let in", gap: "still let in", refused: "refused", unknown: "cannot tell" };

const WAITING = "waiting for an answer…";

/** A duration for people. */
export function duration(milliseconds) {
  if (milliseconds < 10) {
    return `${milliseconds.toFixed(1)} ms`;
  }
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function calls(count) {
  return count === 0 ? "no call" : count === 1 ? "1 call" : `${count} calls`;
}

function verdictOf(called, overAt) {
  if (called.status >= 500) {
    return "unknown";
  }
  if (called.status >= 400) {
    return "refused";
  }
  return overAt !== null && called.at_ms >= overAt ? "gap" : "let-in";
}

export class Lane {
  constructor(standing, onCall) {
    this.way = standing.way;
    [this.name] = HOW[this.way];
    const lane = document.getElementById("lane").content.cloneNode(true).firstElementChild;
    this.part = (selector) => lane.querySelector(selector);
    lane.dataset.way = this.way;
    this.part("h3").textContent = this.name;
    this.part("h3").id = `lane-${this.way}`;
    lane.setAttribute("aria-labelledby", `lane-${this.way}`);
    this.part(".how p").textContent = HOW[this.way][1];
    this.button = this.part(".call");
    this.button.textContent = "Call";
    this.button.setAttribute("aria-label", `Call the ${this.way} route`);
    this.button.addEventListener("click", () => onCall(this));
    this.element = lane;
    this.strip = this.part(".strip");
    this.isBusy = false;
    this.begin();
  }

  /** Forgets what a token that came before has shown. */
  begin() {
    this.verdict = null;
    this.lastLetIn = null;
    this.noticedAt = null;
    const shown = this.part(".verdict");
    shown.dataset.verdict = "none";
    shown.textContent = "not called yet";
    this.part(".cost").textContent = "";
    this.part(".gap-width").textContent = "";
  }

  /** Shows whether a call has been under way for some time. */
  wait(isWaiting) {
    this.element.setAttribute("aria-busy", String(isWaiting));
    if (isWaiting) {
      this.button.setAttribute("aria-disabled", "true");
      this.part(".cost").textContent = WAITING;
      return;
    }
    this.button.removeAttribute("aria-disabled");
    if (this.part(".cost").textContent === WAITING) {
      this.part(".cost").textContent = "";
    }
  }

  /** Shows what came of a call: the verdict, whether it is another one than before, and a sentence. */
  show(called, overAt) {
    const verdict = verdictOf(called, overAt);
    const isNew = verdict !== this.verdict;
    this.verdict = verdict;
    const shown = this.part(".verdict");
    shown.dataset.verdict = verdict;
    shown.textContent = `${called.status} ${WORDS[verdict]}`;
    this.part(".cost").textContent =
      `${duration(called.latency_ms)}, ${calls(called.calls)}; ${called.calls_so_far} in all`;
    const gap = this.gap(verdict, called.at_ms, overAt);
    this.part(".gap-width").textContent = gap;
    const words = WORDS[verdict];
    const facts = [called.status, words, duration(called.latency_ms), calls(called.calls)];
    const sentence = `${this.name}: ${facts.join(", ")}${gap === "" ? "" : `; ${gap}`}.`;
    return { verdict, words, isNew, sentence };
  }

  gap(verdict, at, overAt) {
    if (overAt === null || at < overAt) {
      return "";
    }
    if (verdict === "gap") {
      this.lastLetIn = at;
      this.noticedAt = null;
      return `gap so far: ${duration(at - overAt)}`;
    }
    if (verdict === "unknown") {
      return this.lastLetIn === null ? "" : `gap at least ${duration(this.lastLetIn - overAt)}`;
    }
    this.noticedAt ??= at;
    return this.lastLetIn === null
      ? "no gap"
      : `gap: noticed after ${duration(this.noticedAt - overAt)}`;
  }
}
