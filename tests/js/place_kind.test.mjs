import assert from "node:assert/strict";
import test from "node:test";

import { freeName, suggestions } from "../../detections/static/detections/js/place_kind.js";

const FOOD = { name: "Food bowl", min_stay_s: 3, end_grace_s: 20 };
const SOFA = { name: "Sofa", min_stay_s: 30, end_grace_s: 120 };

test("an untouched form follows the kind", () => {
  const values = { name: "Food bowl", min_stay_s: "3", end_grace_s: "20" };

  assert.deepEqual(suggestions(values, FOOD, SOFA, []), {
    name: "Sofa",
    min_stay_s: "30",
    end_grace_s: "120",
  });
});

test("what somebody has typed stays", () => {
  const values = { name: "Miso's bowl", min_stay_s: "4", end_grace_s: "25" };

  assert.deepEqual(suggestions(values, FOOD, SOFA, []), {});
});

test("what is empty is filled, and a number after the usual name is no name of its own", () => {
  const values = { name: "Food bowl 2", min_stay_s: " ", end_grace_s: "20.0" };

  assert.deepEqual(suggestions(values, FOOD, SOFA, ["sofa"]), {
    name: "Sofa 2",
    min_stay_s: "30",
    end_grace_s: "120",
  });
  assert.equal(suggestions({ ...values, name: "Food bowl upstairs" }, FOOD, SOFA, []).name, undefined);
});

test("the first free number is taken", () => {
  assert.equal(freeName("Sofa", ["Sofa", "sofa 2", "Sofa 4"]), "Sofa 3");
});
