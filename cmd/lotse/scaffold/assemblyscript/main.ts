// The rule NAME. Build it with lotse rules build; its words come from manifest.json.
import { record, answer } from "./manifest";

export function evaluate(): void {
  if (record.visitsOr(0) >= 3) {
    answer.segmentRegular();
  }
}
