// Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
// persona at most. No segment asks for more than two things.
import { record, answer } from "./manifest";

export function evaluate(): void {
  const occupation = record.occupation();
  const specialization = record.specialization();
  if (occupation.is("Working Professional") && record.country().is("India")) {
    answer.segmentAtWorkInIndia();
  }
  if (occupation.is("Unemployed") && record.motivation().is("Better Career Prospects")) {
    answer.segmentCareerChangers();
  }
  if (specialization.is("Finance Management") || specialization.is("Banking, Investment And Insurance")) {
    answer.segmentFinance();
  }
  if (record.leadSource().is("Reference")) {
    answer.segmentReferred();
  }
  if (record.minutesOnSite() >= 15 && record.pages() >= 3) {
    answer.segmentReaders();
  }
  if (record.forms() > 0 || record.chats() > 0) {
    answer.segmentTalkers();
  }

  if (occupation.is("Working Professional") || occupation.is("Businessman")) {
    answer.personaProfessional();
  } else if (occupation.is("Student")) {
    answer.personaGraduate();
  } else if (occupation.is("Unemployed") || occupation.is("Housewife")) {
    answer.personaReturner();
  }
}
