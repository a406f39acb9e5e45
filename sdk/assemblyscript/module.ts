// What the host calls, and so the file to compile: it takes the rules from main.ts.
import { INPUT, OUTPUT, REFUSED_RECORD, begin, end } from "./lotse";
import { evaluate } from "./main";
import { FEATURES } from "./manifest";

export function lotse_input(): usize {
  return INPUT;
}

export function lotse_output(): usize {
  return OUTPUT;
}

export function lotse_evaluate(length: i32): i32 {
  if (!begin(length, FEATURES)) return REFUSED_RECORD;
  evaluate();
  return end();
}
