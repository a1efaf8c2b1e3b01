import assert from "node:assert/strict";
import { test } from "node:test";
import { linePath } from "./sparkline.ts";

/** The points of a path, from `M0.0 54.0 L240.0 4.0`. */
const pointsOf = (path: string): readonly (readonly number[])[] =>
  path
    .slice(1)
    .split(" L")
    .map((point) => point.split(" ").map(Number));

test("a line goes over the whole width, from the bottom for 0 to just below the top for the largest", () => {
  assert.equal(linePath([0, 5, 10], 10), "M0.0 54.0 L120.0 29.0 L240.0 4.0");
});

test("a line of nothing but zeros lies at the bottom", () => {
  assert.deepEqual(pointsOf(linePath([0, 0, 0, 0], 0)), [
    [0, 54],
    [80, 54],
    [160, 54],
    [240, 54],
  ]);
});

test("no point leaves the picture, however large the figures are", () => {
  const figures = Array.from({ length: 120 }, (_, at) => (at * 7919) % 1_000_003);
  for (const [x = -1, y = -1] of pointsOf(linePath(figures, Math.max(...figures)))) {
    assert.ok(x >= 0 && x <= 240 && y >= 0 && y <= 56, `${x} ${y}`);
  }
});
