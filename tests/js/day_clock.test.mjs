import assert from "node:assert/strict";
import test from "node:test";

import { DayClock, lengthFigures, lengthWords } from "../../recordings/static/recordings/js/day_clock.js";

const HOUR = 3600_000;
const wordsOf = (clock, from, length_ms, least_ms) =>
  clock.ticks({ from_ms: from, to_ms: from + length_ms }, least_ms).map(({ words }) => words);

test("times are those of the household, wherever the page is read", () => {
  const clock = new DayClock("Europe/Berlin");
  const at_ms = Date.parse("2026-11-22T13:05:09.700Z");

  assert.equal(clock.short(at_ms), "14:05");
  assert.equal(clock.exact(at_ms), "14:05:09");
});

test("labels stand at whole steps of the clock", () => {
  const clock = new DayClock("Asia/Kathmandu");
  const midnight = Date.parse("2026-11-21T18:15:00Z");

  assert.deepEqual(wordsOf(clock, midnight, 24 * HOUR, 5 * HOUR), [
    "00:00", "06:00", "12:00", "18:00", "00:00",
  ]);
  assert.deepEqual(wordsOf(clock, midnight + 100_000, 0.5 * HOUR, 480_000), ["00:10", "00:20", "00:30"]);
  assert.deepEqual(wordsOf(clock, midnight + 100_100, 30_000, 9000), ["00:01:50", "00:02:00", "00:02:10"]);
});

test("on a day when clocks are changed labels still tell the clock", () => {
  const clock = new DayClock("Europe/Berlin");
  const spring = Date.parse("2026-03-28T23:00:00Z");
  const autumn = Date.parse("2026-10-24T22:00:00Z");

  assert.deepEqual(wordsOf(clock, spring, 23 * HOUR, 6 * HOUR), ["00:00", "06:00", "12:00", "18:00", "00:00"]);
  assert.deepEqual(wordsOf(clock, autumn, 4 * HOUR, HOUR), ["00:00", "01:00", "02:00", "02:00", "03:00"]);
});

test("how long something lasted is told as people would", () => {
  assert.deepEqual([1000, 59_000, 60_000, 3_540_000, HOUR, 1.5 * HOUR, 2 * HOUR].map(lengthWords), [
    "1 second", "59 seconds", "1 minute", "59 minutes", "1 hour", "1 hour 30 minutes", "2 hours",
  ]);
});

test("a length is told in figures where there is little room", () => {
  assert.equal(lengthFigures(30_400), "0:30");
  assert.equal(lengthFigures(725_000), "12:05");
  assert.equal(lengthFigures(2 * 3600_000), "2:00:00");
});
