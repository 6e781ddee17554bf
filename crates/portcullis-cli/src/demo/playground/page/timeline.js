// Draws the last minute: a strip for each route, and an axis with what happened above them. It moves
// smoothly unless the person has asked for less motion; then it moves when there is something new.

import { now } from "./server.js";

const SPAN = 60_000;
const HEIGHT = 52;
const NAMES = "http://www.w3.org/2000/svg";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

function shape(name, attributes) {
  const made = document.createElementNS(NAMES, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  return made;
}

// Each verdict has a form of its own beside its colour.
function cell(verdict, x, width) {
  const whole = { x, width, y: 4, height: HEIGHT - 8, rx: 2 };
  switch (verdict) {
    case "let-in":
      return [shape("rect", { ...whole, class: "let-in" })];
    case "gap": {
      const stripes = [14, 28, 42].map((y) => `M${x} ${y}l${width} ${-width}`).join("");
      return [
        shape("rect", { ...whole, class: "gap" }),
        shape("path", { d: stripes, class: "stripe" }),
      ];
    }
    case "refused":
      return [shape("rect", { ...whole, y: HEIGHT - 24, height: 20, class: "refused" })];
    default:
      return [shape("rect", { x: x + 1, width: width - 2, y: 15, height: 22, rx: 2, class: "unknown" })];
  }
}

/** One drawing that moves to the left as time goes by. */
class Strip {
  constructor(svg) {
    this.svg = svg;
    this.moving = shape("g", {});
    this.marks = [];
    svg.append(this.moving);
  }

  get scale() {
    return this.svg.clientWidth / SPAN;
  }

  add(at, draw) {
    const mark = { at, draw, drawn: draw(at * this.scale, this.scale) };
    this.marks.push(mark);
    this.moving.append(...mark.drawn);
  }

  /** Draws everything anew, for another width. */
  fit() {
    for (const mark of this.marks) {
      mark.drawn.forEach((drawn) => drawn.remove());
      mark.drawn = mark.draw(mark.at * this.scale, this.scale);
      this.moving.append(...mark.drawn);
    }
  }

  move(moment) {
    const oldest = moment - SPAN * 1.2;
    while (this.marks.length > 0 && this.marks[0].at < oldest) {
      this.marks.shift().drawn.forEach((drawn) => drawn.remove());
    }
    const left = this.svg.clientWidth - 6 - moment * this.scale;
    this.moving.setAttribute("transform", `translate(${left.toFixed(1)} 0)`);
  }
}

/** The axis and the strips below it. */
export class Timeline {
  constructor(axis, strips) {
    this.axis = new Strip(axis);
    this.still = shape("g", {});
    axis.prepend(this.still);
    this.strips = strips.map((svg) => new Strip(svg));
    this.all = [this.axis, ...this.strips];
    new ResizeObserver(() => this.fit()).observe(axis);
    const step = () => {
      if (!calm.matches) {
        this.move();
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** A call on the route of this index. */
  call(index, at, verdict) {
    this.strips[index].add(at, (x, scale) => {
      const width = Math.min(Math.max(scale * 800, 4), 9);
      return cell(verdict, x - width / 2, width);
    });
    this.move();
  }

  /** Something that happened, with a name if it matters to all. */
  event(at, name, isQuiet) {
    const look = isQuiet ? "event quiet" : "event";
    for (const strip of this.strips) {
      strip.add(at, (x) => [shape("line", { x1: x, x2: x, y1: 0, y2: HEIGHT, class: look })]);
    }
    this.axis.add(at, (x) => {
      const y = isQuiet ? 28 : 12;
      const label = shape("text", { x: x - 5, y, "text-anchor": "end", class: "event-name" });
      label.textContent = name;
      return [shape("line", { x1: x, x2: x, y1: y - 10, y2: 52, class: look }), label];
    });
    this.move();
  }

  fit() {
    const width = this.axis.svg.clientWidth;
    this.still.replaceChildren();
    for (const seconds of width < 480 ? [60, 30, 0] : [60, 45, 30, 15, 0]) {
      const x = width - 6 - (seconds / 60) * (width - 12);
      const anchor = seconds === 60 ? "start" : seconds === 0 ? "end" : "middle";
      const label = shape("text", { x, y: 46, "text-anchor": anchor });
      label.textContent = seconds === 0 ? "now" : `${seconds} s ago`;
      this.still.append(label);
    }
    this.all.forEach((strip) => strip.fit());
    this.move();
  }

  move() {
    const moment = now();
    this.all.forEach((strip) => strip.move(moment));
  }
}
