package policies

// The reasons that no rule gives but the house itself: the walls around the policies, and the checks of the edge before
// them. Their texts are here, so that every reason is explained from one place (Engine.Reason).
const (
	ReasonNotBound        = "purpose.not_bound"
	ReasonNotKept         = "storage.not_kept"
	ReasonFieldUnknown    = "field.unknown"
	ReasonFieldInvalid    = "field.invalid"
	ReasonFieldCleared    = "field.cleared"
	ReasonEventUnknown    = "event.unknown"
	ReasonEventDuplicate  = "event.duplicate"
	ReasonEventTooOld     = "event.too_old"
	ReasonEventInFuture   = "event.in_future"
	ReasonEventDropped    = "event.dropped"
	ReasonValueNotCoarse  = "value.not_coarse"
	ReasonConsentRecorded = "consent.recorded"
	ReasonAgeUnknown      = "age.unknown"
)

// The reasons of rules that the edge gives, too, where it does itself what the rule says.
const (
	ReasonRestricted           = "rights.restricted"      // Article 18
	ReasonContractNotRequested = "contract.not_requested" // Article 6(1)(b)
)

const (
	gdpr = "https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_"
)

// texts explains the reasons of the house.
func texts() catalogue {
	c := catalogue{}
	add := func(id, article, link, en, de string) {
		c[id] = Reason{ID: id, Title: map[string]string{"en": en, "de": de}, Article: article, Link: link}
	}
	add(ReasonNotBound, "5(1)(b)", gdpr+"5",
		"No purpose of this site asks for this value",
		"Kein Zweck dieser Seite verlangt diese Angabe")
	add(ReasonNotKept, "5(1)(c)", gdpr+"5",
		"No rule permits keeping this value",
		"Keine Regel erlaubt, diese Angabe zu speichern")
	add(ReasonFieldUnknown, "5(1)(b)", gdpr+"5",
		"This site has not declared that it collects this value",
		"Diese Seite hat nicht angegeben, dass sie diese Angabe erhebt")
	add(ReasonFieldInvalid, "5(1)(d)", gdpr+"5",
		"The value does not fit its field",
		"Die Angabe passt nicht in ihr Feld")
	add(ReasonFieldCleared, "16", gdpr+"16",
		"You took this value back, so it was removed",
		"Sie haben diese Angabe zurückgenommen, darum wurde sie entfernt")
	add(ReasonEventUnknown, "5(1)(b)", gdpr+"5",
		"This site has not declared that it collects this event",
		"Diese Seite hat nicht angegeben, dass sie dieses Ereignis erfasst")
	add(ReasonEventDuplicate, "5(1)(c)", gdpr+"5",
		"The event is already there, so it was not kept a second time",
		"Das Ereignis ist schon da, darum wurde es nicht noch einmal gespeichert")
	add(ReasonEventTooOld, "5(1)(e)", gdpr+"5",
		"The event is older than it may be kept",
		"Das Ereignis ist älter, als es aufbewahrt werden darf")
	add(ReasonEventInFuture, "5(1)(d)", gdpr+"5",
		"The event says that it has not happened yet",
		"Das Ereignis soll erst in der Zukunft geschehen sein")
	add(ReasonEventDropped, "5(1)(c)", gdpr+"5",
		"The event that this value belongs to was not kept",
		"Das Ereignis, zu dem diese Angabe gehört, wurde nicht gespeichert")
	add(ReasonValueNotCoarse, "25(2)", gdpr+"25",
		"Only a coarser form may be kept, and this value has none",
		"Nur eine gröbere Form darf gespeichert werden, und dieser Wert hat keine")
	add(ReasonConsentRecorded, "7(1)", gdpr+"7",
		"Your answer was recorded, as proof of what you decided",
		"Ihre Antwort wurde festgehalten, als Nachweis Ihrer Entscheidung")
	add(ReasonAgeUnknown, "8(2)", gdpr+"8",
		"This site is meant for children, and your age is not known",
		"Diese Seite richtet sich an Kinder, und Ihr Alter ist nicht bekannt")
	return c
}
