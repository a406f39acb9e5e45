// Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
// persona at most. No segment asks for more than two things.
import { is } from "./lotse";
import { record, answer } from "./manifest";

export function evaluate(): void {
  const occupation = record.occupation();
  const specialization = record.specialization();
  if (is(occupation, "Working Professional") && is(record.country(), "India")) {
    answer.segmentAtWorkInIndia();
  }
  if (is(occupation, "Unemployed") && is(record.motivation(), "Better Career Prospects")) {
    answer.segmentCareerChangers();
  }
  if (is(specialization, "Finance Management") || is(specialization, "Banking, Investment And Insurance")) {
    answer.segmentFinance();
  }
  if (is(record.leadSource(), "Reference")) {
    answer.segmentReferred();
  }
  if (record.minutesOnSiteOr(0) >= 15 && record.pagesOr(0) >= 3) {
    answer.segmentReaders();
  }
  if (record.formsOr(0) > 0 || record.chatsOr(0) > 0) {
    answer.segmentTalkers();
  }

  if (is(occupation, "Working Professional") || is(occupation, "Businessman")) {
    answer.personaProfessional();
  } else if (is(occupation, "Student")) {
    answer.personaGraduate();
  } else if (is(occupation, "Unemployed") || is(occupation, "Housewife")) {
    answer.personaReturner();
  }
}
