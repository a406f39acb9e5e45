// Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay for
// it: authority and budget. A motive is a need, a specialization a product chosen, a recommendation the best source there is.
// A region that we do not serve, and being still in education, cost points; what we do not know costs nothing.
import { is } from "./lotse";
import { record, answer } from "./manifest";

export function evaluate(): void {
  const country = record.country();
  if (country) {
    answer.fitRegion(country.is("India") ? 10 : -10);
  }
  const occupation = record.occupation();
  if (is(occupation, "Working Professional") || is(occupation, "Businessman")) {
    answer.fitAuthority(10);
    answer.fitBudget(10);
  } else if (is(occupation, "Unemployed") || is(occupation, "Housewife")) {
    answer.fitAuthority(5); // decides alone, and has to find the money
  } else if (is(occupation, "Student")) {
    answer.fitEducation(-10);
  }
  if (record.motivation()) {
    answer.fitNeed(5);
  }
  if (record.specialization()) {
    answer.fitSpecialization(5);
  }
  if (is(record.leadSource(), "Reference") || is(record.heardFrom(), "Word Of Mouth")) {
    answer.fitReferral(10);
  }
}
