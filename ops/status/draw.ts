/** Lays a picture out: lanes side by side for wide pages, one below the other for narrow ones. Lengths are pixels. */
import type { Box, Lane, Picture, State } from "./model";
import type { View } from "./template";

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export type Direction = "across" | "stacked";

const lane = { across: 188, stacked: 296 };
/** Between two lanes: room for an arrow and its word. */
const gap = { across: 56, stacked: 44 };
const padding = 10;
const heading = 28;
/** Between two boxes of a lane; more of it where one hands something to the next. */
const between = { plain: 10, handing: 32 };
/** Where an arrow goes that passes a lane by. */
const detour = 28;
const line = { title: 18, text: 16 };
/** Of the text in a box. */
const indent = 12;
/** What a letter takes of a line, on the average. */
const letter = { title: 7.6, text: 6.5 };

/** The values of picture.svg. */
export function drawn(picture: Picture, direction: Direction): View {
  const { lanes, arrows } = picture;
  const across = direction === "across";
  const width = lane[direction];
  const inner = width - 2 * padding;

  const { to } = picture.entrance;
  const span = across
    ? spanOf(lanes, to, (index) => index * (width + gap.across), width)
    : { x: 0, w: width };
  const entrance = span.w > width ? flat(picture.entrance) : picture.entrance;
  const door = { ...span, y: 0, h: boxHeight(entrance, span.w) };
  const top = door.h + gap.stacked;

  const heights = lanes.map(({ boxes }) => laneHeight(boxes, inner));
  const tallest = Math.max(...heights);
  const frames: Frame[] = [];
  let next = across ? 0 : top;
  for (const height of heights) {
    const h = across ? tallest : height;
    frames.push({ x: across ? next : 0, y: across ? top : next, w: width, h });
    next += across ? width + gap.across : h + gap.stacked;
  }

  const boxes = lanes.flatMap(({ boxes }, index) => {
    const frame = frames[index];
    return frame ? boxesIn(frame, boxes, (frame.h - (heights[index] ?? 0)) / 2) : [];
  });
  const lines = [
    ...to.slice(0, across ? undefined : 1).flatMap((id) => {
      const frame = frames[lanes.findIndex((each) => each.id === id)];
      return frame ? [arrowDown(frame.x + frame.w / 2, door.h, frame.y)] : [];
    }),
    ...arrows.flatMap(({ from, to, label }) => {
      const [start, end] = [from, to].map((id) => lanes.findIndex((each) => each.id === id));
      const [a, b] = [frames[start ?? -1], frames[end ?? -1]];
      if (!a || !b) return [];
      const passing = end !== (start ?? 0) + 1;
      return [(across ? arrowAcross : arrowBelow)(a, b, label, passing)];
    }),
    ...boxes.flatMap(({ arrow }) => arrow ?? []),
  ];
  const passes = arrows.some(
    ({ from, to }) =>
      lanes.findIndex(({ id }) => id === to) - lanes.findIndex(({ id }) => id === from) > 1,
  );
  const last = frames.at(-1) ?? door;
  return {
    direction,
    width: last.x + last.w + (passes && !across ? detour : 0) + 2,
    height: last.y + last.h + (passes && across ? detour + line.text : 0) + 2,
    frames: frames.map((frame, index) => ({ ...frame, ...titleIn(frame, lanes[index]) })),
    boxes: [boxAt(entrance, door), ...boxes.map(({ box }) => box)],
    arrows: lines,
  };
}

function spanOf(
  lanes: readonly Lane[],
  ids: readonly string[],
  xOf: (index: number) => number,
  width: number,
) {
  const places = lanes.flatMap(({ id }, index) => (ids.includes(id) ? [index] : []));
  const x = xOf(Math.min(...places));
  return { x, w: xOf(Math.max(...places)) + width - x };
}

/** With its text in one line. */
const flat = (box: Box): Box => ({ ...box, lines: [box.lines.join(" · ")] });

function titleIn({ x, y }: Frame, lane: Lane | undefined) {
  return { title: lane?.title ?? "", tx: x + padding, ty: y + 19 };
}

function laneHeight(boxes: readonly Box[], width: number): number {
  const all = boxes.reduce((sum, box) => sum + boxHeight(box, width) + spaceAfter(box), 0);
  return heading + all - between.plain + padding;
}

const spaceAfter = ({ next }: Box) => (next === undefined ? between.plain : between.handing);

function boxesIn(frame: Frame, boxes: readonly Box[], offset: number) {
  const w = frame.w - 2 * padding;
  let y = frame.y + heading + offset;
  return boxes.map((box) => {
    const h = boxHeight(box, w);
    const at = { x: frame.x + padding, y, w, h };
    y += h + spaceAfter(box);
    const arrow =
      box.next === undefined ? undefined : arrowDown(at.x + w / 2, at.y + h, y, box.next);
    return { box: boxAt(box, at), arrow };
  });
}

function textsOf(box: Box, width: number) {
  const room = width - 2 * indent;
  return {
    title: wrapped(box.title, room / letter.title),
    lines: box.lines.flatMap((text) => wrapped(text, room / letter.text)),
  };
}

function boxHeight(box: Box, width: number): number {
  const { title, lines } = textsOf(box, width);
  const rest = lines.length + (box.live ? 1 : 0);
  return 14 + title.length * line.title + rest * line.text;
}

/** What a state looks like without its colour, in a square of 12. */
export const icons: Readonly<Record<State, string>> = {
  ok: "M2 6.5 5 9.5 10.5 3",
  warning: "M6 1.2 11.3 10.8H.7zM6 4.6v3M6 9.2v.2",
  down: "M2.5 2.5l7 7M9.5 2.5l-7 7",
  unknown: "M3.8 4.2a2.2 2.2 0 1 1 3.1 2.1C6.2 6.6 6 7 6 7.7M6 10v.2",
};

function boxAt(box: Box, frame: Frame) {
  const { title, lines } = textsOf(box, frame.w);
  const x = frame.x + indent;
  const first = frame.y + 21;
  const rest = first + title.length * line.title - 1;
  const { live } = box;
  const y = rest + lines.length * line.text;
  return {
    ...frame,
    kind: live?.state ?? "",
    hint: [box.title, live?.state, live?.said].filter(Boolean).join(", "),
    titles: title.map((text, index) => ({ text, x, y: first + index * line.title })),
    lines: lines.map((text, index) => ({ text, x, y: rest + index * line.text })),
    state: live
      ? [{ state: live.state, icon: icons[live.state], x: x + 17, y, ix: x, iy: y - 10 }]
      : [],
  };
}

/** Words of a text in lines of so many letters; what is too long for one is parted, after a mark if it has one. */
export function wrapped(text: string, letters: number): string[] {
  const room = Math.floor(letters);
  const lines: string[] = [];
  let left = text.trim();
  while (left.length > room) {
    const head = left.slice(0, room + 1);
    const space = head.lastIndexOf(" ");
    const mark = Math.max(
      ...[".", "/", ":", "-", "_"].map((each) => head.lastIndexOf(each, room - 1)),
    );
    const end = space > 0 ? space : mark > room / 3 ? mark + 1 : room;
    lines.push(left.slice(0, end).trimEnd());
    left = left.slice(end).trimStart();
  }
  return left === "" ? lines : [...lines, left];
}

interface Arrow {
  readonly d: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly anchor: string;
  readonly turn: string;
}

/** Its tip stands off a little from what it points at. */
const off = 3;

function arrowDown(x: number, from: number, to: number, label = ""): Arrow {
  const d = path([x, from + off], [x, to - off]);
  return { d, label, x: x + 10, y: (from + to) / 2 + 4, anchor: "start", turn: "" };
}

function arrowAcross(a: Frame, b: Frame, label: string, passing: boolean): Arrow {
  const right = a.x + a.w;
  if (!passing) {
    const y = a.y + a.h / 2;
    const d = path([right + off, y], [b.x - off, y]);
    return { d, label, x: (right + b.x) / 2, y: y - 9, anchor: "middle", turn: "" };
  }
  const [from, to] = [a.x + a.w / 2, b.x + b.w / 2];
  const bottom = a.y + a.h;
  const y = bottom + detour;
  const d = path([from, bottom + off], [from, y], [to, y], [to, bottom + off]);
  return { d, label, x: (from + to) / 2, y: y - 8, anchor: "middle", turn: "" };
}

function arrowBelow(a: Frame, b: Frame, label: string, passing: boolean): Arrow {
  if (!passing) return arrowDown(a.x + a.w / 2, a.y + a.h, b.y, label);
  const right = a.x + a.w;
  const x = right + detour - 10;
  const [from, to] = [a.y + a.h / 2, b.y + b.h / 2];
  const d = path([right + off, from], [x, from], [x, to], [right + off, to]);
  const y = (from + to) / 2;
  const turn = `rotate(-90 ${x.toString()} ${y.toString()})`;
  // Beside its line, not on it.
  return { d, label, x, y: y - 6, anchor: "middle", turn };
}

function path(...points: readonly (readonly [number, number])[]): string {
  return `M${points.map((point) => point.join(" ")).join("L")}`;
}
