// Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay for
// it: authority and budget. A motive is a need, a specialization a product chosen, a recommendation the best source there is.
// A region that we do not serve, and being still in education, cost points; what we do not know costs nothing.
import { record, answer } from "./manifest";

export function evaluate(): void {
  if (record.hasCountry()) {
    answer.fitRegion(record.country().is("India") ? 10 : -10);
  }
  const occupation = record.occupation();
  if (occupation.is("Working Professional") || occupation.is("Businessman")) {
    answer.fitAuthority(10);
    answer.fitBudget(10);
  } else if (occupation.is("Unemployed") || occupation.is("Housewife")) {
    answer.fitAuthority(5); // decides alone, and has to find the money
  } else if (occupation.is("Student")) {
    answer.fitEducation(-10);
  }
  if (record.hasMotivation()) {
    answer.fitNeed(5);
  }
  if (record.hasSpecialization()) {
    answer.fitSpecialization(5);
  }
  if (record.leadSource().is("Reference") || record.heardFrom().is("Word Of Mouth")) {
    answer.fitReferral(10);
  }
}
