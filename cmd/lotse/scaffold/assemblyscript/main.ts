// The rule module NAME. Build it with: lotse rules build. The accessors come from manifest.json.
import { record, answer } from "./manifest";

export function evaluate(): void {
  if (record.visits() >= 3) {
    answer.segmentRegular();
  }
}
