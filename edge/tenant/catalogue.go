package tenant

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/policies"
)

// Names of enums, as the documents write them.
var (
	bases        = []string{"consent", "contract", "legal_obligation", "legitimate_interest"}
	profilings   = []string{"none", "score", "decide"}
	devices      = []string{"none", "necessary", "consented"}
	destinations = []string{"eea", "adequate", "safeguards", "none"}
	regimes      = []string{"de", "eu", "uk", "ch", "us", "other"}
	categories   = []string{"identifier", "contact", "demographic", "firmographic", "psychographic", "behavioural", "special"}
	tags         = []string{"plain", "ip", "birth_date", "location", "url"}
	fieldTypes   = []string{"string", "number", "boolean", "date"}
)

// consentMembers are the members of POST /v1/consent beside the purposes.
var consentMembers = []string{"profile", "language", "objections", "restricted"}

// Lengths of a string field, in bytes.
const (
	defaultLength = 256
	maxLength     = 4096
	maxValues     = 1024
)

// catalogue reads catalogue.yaml: what data is processed for, and what data there is.
//
//	purposes: {NAME: ...}           at most 32, see the function purpose
//	fields: {NAME: ...}             at most 1,024, see the function field
//	events: {NAME: ...}             at most 256, see the function event
func (l *loader) catalogue() {
	root, ok := l.document(fileCatalogue)
	o := root.object("purposes", "fields", "events")
	if !ok || o.keys == nil {
		l.purposes.open, l.fields.open, l.events.open = true, true, true
		return
	}
	c := l.config
	purposes := o.need("purposes", "add what you process data for, such as analytics")
	fields := o.need("fields", "add what data there is, such as email")
	events := o.need("events", "add what websites may send, such as page_view")
	l.purposes.open, l.fields.open, l.events.open = !purposes.present(), !fields.present(), !events.present()
	described := l.section(&l.purposes, purposes, MaxPurposes)
	for _, m := range described {
		if slices.Contains(consentMembers, m.name) {
			m.problem("choose another name", "a purpose cannot be called %s: the word has another meaning in a consent", m.name)
		}
		c.Purposes = append(c.Purposes, l.purpose(m))
	}
	for _, m := range l.section(&l.fields, fields, MaxFields) {
		c.Fields = append(c.Fields, l.field(m))
	}
	for _, m := range l.section(&l.events, events, maxEvents) {
		c.Events = append(c.Events, l.event(m))
	}
	l.unopened(described)
}

// section gives the named entries of one of the catalogue's sections, and makes their names known.
func (l *loader) section(names *known, v value, limit int) []member {
	members := v.members("a mapping from the name of each " + names.what + " to its description")
	if len(members) > limit {
		v.problem("merge or remove some", "there are %d %ss, at most %d are allowed", len(members), names.what, limit)
		members = nil
	}
	if members == nil {
		names.open = true
	}
	for _, m := range members {
		m.named(m.name)
		names.add(m.name)
	}
	return members
}

// purpose reads one purpose of processing (Article 5(1)(b) GDPR):
//
//	analytics:
//	  basis: consent                consent, contract, legal_obligation, legitimate_interest (Article 6(1))
//	  ttl: 400d                     how long its data may live at most; d, w or y
//	  valid: 1y                     how long a consent stands; without it, until withdrawn
//	  marketing: true               direct marketing: an objection always ends it (Article 21)
//	  profiling: score              none, score (scores, segments), decide (decisions about a person, Article 22)
//	  device: consented             what it stores on the visitor's device: none, necessary, consented
//	  destination: eea              where its data goes: eea, adequate, safeguards, none
//	  dpv: https://w3id.org/dpv#... IRI of the W3C Data Privacy Vocabulary
//	  recipients: {de: ..., en: ...} optional: who gets its data; for a transfer abroad also the safeguards
//	  interest: {de: ..., en: ...}  optional: the interest that a legitimate_interest is
//	  title: {de: ..., en: ...}     shown to the visitor
//	  text: {de: ..., en: ...}      shown to the visitor: what happens, with which data, for how long
func (l *loader) purpose(m member) Purpose {
	o := m.object("basis", "ttl", "valid", "marketing", "profiling", "device", "destination", "dpv", "recipients", "interest", "title", "text")
	p := Purpose{Name: m.name, Bit: uint8(len(l.config.Purposes))}
	basis := o.need("basis", "add the legal basis: "+strings.Join(bases, ", "))
	var based bool
	p.Basis, based = enum(basis, policies.ParseBasis, bases...)
	p.TTLDays = o.need("ttl", "add how long its data may live at most, such as ttl: 400d").days()
	p.Marketing = o.get("marketing").boolean()
	p.Profiling, _ = enum(o.get("profiling"), policies.ParseProfiling, profilings...)
	p.Device, _ = enum(o.get("device"), policies.ParseDevice, devices...)
	p.Destination, _ = enum(o.get("destination"), policies.ParseDestination, destinations...)
	p.ValidDays = o.get("valid").days()
	p.DPV = l.dpv(o.get("dpv"))
	p.Recipients, p.Interest = l.text(o.get("recipients")), l.text(o.get("interest"))
	p.Title = l.text(o.need("title", "add what the visitor reads first"))
	p.Text = l.text(o.need("text", "add what the visitor is told: what happens, with which data, for how long"))
	p.TextVersion = textVersion(p.Title, p.Text)
	if !based {
		return p
	}
	l.based |= 1 << p.Bit
	if p.Marketing && p.Basis != policies.BasisConsent && p.Basis != policies.BasisLegitimateInterest {
		basis.problem("write consent or legitimate_interest, or make it a purpose of its own without marketing", "direct marketing cannot rest on %s", bases[p.Basis])
	}
	if p.Profiling == policies.ProfilingDecide && p.Basis == policies.BasisLegitimateInterest {
		o.get("profiling").problem("write score, or rest the purpose on consent or contract", "a legitimate interest does not permit decisions about a person (Article 22(2) GDPR)")
	}
	if v := o.get("valid"); v.present() && p.Basis != policies.BasisConsent {
		v.problem("remove it", "only a consent has a validity")
	}
	if v := o.get("interest"); v.present() && p.Basis != policies.BasisLegitimateInterest {
		v.problem("remove it", "only a purpose of basis legitimate_interest pursues an interest")
	}
	if v := o.get("device"); p.Device == policies.DeviceConsented && p.Basis != policies.BasisConsent {
		v.problem("rest the purpose on consent, or store on the device only what is necessary", "device: consented needs the basis consent")
	}
	if p.Device == policies.DeviceNone && p.Basis == policies.BasisConsent {
		o.warning("give it device: consented", "a website's visitor who agrees to this alone cannot be remembered")
	}
	return p
}

func (l *loader) dpv(v value) string {
	s := v.text(512)
	if s == "" {
		return ""
	}
	if u, err := url.Parse(s); err != nil || u.Scheme != "https" || u.Host == "" {
		v.problem("write an IRI, such as https://w3id.org/dpv#Marketing", "this is not an IRI of a vocabulary")
	}
	return s
}

// purposeSet reads the purposes that a field or an event serves.
func (l *loader) purposeSet(o object) PurposeSet {
	v := o.need("purposes", "add what it is needed for, such as purposes: [analytics]")
	names := l.purposes.referAll(v, MaxPurposes)
	if v.isEmpty() {
		v.problem("name at least one, or remove the entry: what serves no purpose is never stored", "there is no purpose")
	}
	var set PurposeSet
	for _, name := range names {
		set |= 1 << l.purposes.at[name]
	}
	return set
}

// consented reports special categories of data (Article 9) under a purpose that does not rest on consent.
func (l *loader) consented(o object, category policies.Category, set PurposeSet) {
	if category != policies.CategorySpecial {
		return
	}
	for i, p := range l.config.Purposes {
		if set.Has(uint8(i)) && p.Basis != policies.BasisConsent {
			o.get("purposes").problem("leave the purpose out, or rest it on consent", "data of the category special needs consent (Article 9(2)(a) GDPR), but %s rests on %s", p.Name, bases[p.Basis])
		}
	}
}

// field reads one field: a trait of a profile, or a property of events.
//
//	wine_style:
//	  type: string                  string, number, boolean, date (2006-01-31)
//	  category: psychographic       identifier, contact, demographic, firmographic, psychographic, behavioural, special
//	  purposes: [profiling]         what it may be stored for
//	  tag: location                 plain, ip, birth_date, location, url: a value that can be made coarser
//	  generalise: host              how, where not by the tag's own method; see Methods
//	  ttl: 2y                       a shorter life than the purposes give
//	  max_length: 100               bytes of a string; without it, 256
//	  values: [dry, sweet]          all that a string may be
//	  label: {de: ..., en: ...}     shown to the visitor, in forms and in 'what is stored about me'
func (l *loader) field(m member) Field {
	o := m.object("type", "category", "purposes", "tag", "generalise", "ttl", "max_length", "values", "label")
	f := Field{Name: m.name, MaxLength: defaultLength}
	kind := o.need("type", "add type: "+strings.Join(fieldTypes, ", "))
	var typed bool
	f.Type, typed = enum(kind, parseFieldType, fieldTypes...)
	f.Category, _ = enum(o.need("category", "add category: "+strings.Join(categories, ", ")), policies.ParseCategory, categories...)
	f.Purposes = l.purposeSet(o)
	f.TTLDays = o.get("ttl").days()
	f.Label = l.text(o.need("label", "add what people read, such as label: {en: Wine style}"))
	l.consented(o, f.Category, f.Purposes)

	tag := o.get("tag")
	f.Tag, _ = enum(tag, policies.ParseTag, tags...)
	if want := tagType(f.Tag); typed && f.Tag != policies.TagPlain && f.Type != want {
		tag.problem("write type: "+fieldTypes[want]+", or remove the tag", "the tag %s needs the type %s", tags[f.Tag], fieldTypes[want])
	}
	if f.Tag == policies.TagIP && o.get("category").present() && f.Category != policies.CategoryIdentifier {
		o.get("category").problem("write category: identifier", "an IP address identifies a person (recital 30 GDPR)")
	}
	l.generalise(o.get("generalise"), &f)

	if v := o.get("max_length"); v.present() {
		if typed && f.Type != FieldString {
			v.problem("remove it", "only a string has a length")
		} else if n := v.integer(1, maxLength); n > 0 {
			f.MaxLength = n
		}
	}
	l.values(o.get("values"), &f, typed)
	return f
}

func (l *loader) generalise(v value, f *Field) {
	if !v.present() {
		return
	}
	known := Methods(f.Tag)
	if len(known) == 0 {
		v.problem("add a tag, or remove the key", "a field without a tag cannot be made coarser")
		return
	}
	f.Generalise, _ = enum(v, func(s string) (string, error) { return s, nil }, known...)
}

func (l *loader) values(v value, f *Field, typed bool) {
	if !v.present() {
		return
	}
	if typed && f.Type != FieldString {
		v.problem("remove it, or write type: string", "only a string can have values to choose from")
		return
	}
	for _, e := range v.list(maxValues, "values") {
		s := e.text(f.MaxLength)
		switch {
		case s == "":
		case slices.Contains(f.Values, s):
			e.problem("remove it", "the value stands in the list twice")
		default:
			f.Values = append(f.Values, s)
		}
	}
	if v.isEmpty() {
		v.problem("name the values, or remove the key", "there is no value that the field may hold")
	}
}

// event reads one type of event that a website or a server may send:
//
//	page_view:
//	  category: behavioural         of the fact that it happened
//	  purposes: [analytics]         what that fact may be stored for
//	  ttl: 90d                      a shorter life than the purposes give
//	  properties: [path, product]   fields of the catalogue that it carries
//	  opens: [orders]               purposes of basis contract that the visitor asks for by it
//	  label: {de: ..., en: ...}     optional: what people read in the privacy notice and in explanations
func (l *loader) event(m member) EventType {
	o := m.object("category", "purposes", "ttl", "properties", "opens", "label")
	e := EventType{Name: m.name}
	e.Category, _ = enum(o.need("category", "add category: "+strings.Join(categories, ", ")), policies.ParseCategory, categories...)
	before := len(l.report.problems)
	e.Purposes = l.purposeSet(o)
	e.Opens = l.opens(o.get("opens"), &e, len(l.report.problems) == before)
	e.TTLDays = o.get("ttl").days()
	e.Label = l.text(o.get("label"))
	l.consented(o, e.Category, e.Purposes)
	for _, name := range l.fields.referAll(o.get("properties"), 64) {
		e.Properties = append(e.Properties, l.fields.at[name])
	}
	return e
}

func parseFieldType(s string) (FieldType, error) {
	if i := slices.Index(fieldTypes, s); i >= 0 {
		return FieldType(i), nil
	}
	return 0, fmt.Errorf("%q is not a type of field", s)
}

// String is the type's name in the catalogue.
func (t FieldType) String() string {
	if int(t) < len(fieldTypes) {
		return fieldTypes[t]
	}
	return fmt.Sprintf("FieldType(%d)", uint8(t))
}

func tagType(t policies.Tag) FieldType {
	if t == policies.TagBirthDate {
		return FieldDate
	}
	return FieldString
}
