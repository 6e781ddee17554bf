// The table of what happened, for those who read rather than look, and the voice for screen readers.

import { duration } from "./lane.js";

const ROWS = 200;
const SENTENCES = 8;

/** Has a screen reader say something, after what it is saying: each sentence is one of its own. */
export function tell(text) {
  const live = document.getElementById("live");
  const sentence = document.createElement("p");
  sentence.textContent = text;
  live.append(sentence);
  while (live.children.length > SENTENCES) {
    live.firstElementChild.remove();
  }
}

export class Journal {
  constructor(body) {
    this.body = body;
  }

  /** Something that happened. */
  event(at, said) {
    const row = this.row(at, said);
    row.className = "event";
    row.lastElementChild.colSpan = 5;
    tell(said);
  }

  /** A call, which nobody is told of: there are too many. */
  call(lane, called, { verdict, words }) {
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.dataset.verdict = verdict;
    chip.textContent = `${called.status} ${words}`;
    const row = this.row(
      called.at_ms,
      `${lane.name} route`,
      chip,
      duration(called.latency_ms),
      String(called.calls),
      called.challenge ?? (called.retry_after ? `Retry-After: ${called.retry_after}` : called.body),
    );
    row.children[4].className = "number-cell";
  }

  row(at, ...cells) {
    this.body.querySelector(".empty")?.remove();
    const row = document.createElement("tr");
    for (const content of [(at / 1000).toFixed(1), ...cells]) {
      const cell = document.createElement("td");
      cell.append(content);
      row.append(cell);
    }
    this.body.prepend(row);
    while (this.body.children.length > ROWS) {
      this.body.lastElementChild.remove();
    }
    return row;
  }
}
