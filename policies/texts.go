package policies

// ReasonNotKept is the reason of a value that a row says nothing about, which is a refusal.
const ReasonNotKept = "storage.not_kept"
