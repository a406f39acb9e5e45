package tenant

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a tenant's time zone must not depend on the machine's files

	"github.com/lotse-edge/lotse/policies"
)

var (
	languagePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z]{2})?$`)
	countryPattern  = regexp.MustCompile(`^[A-Z]{2}$`)
	hashPattern     = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// settings reads tenant.yaml:
//
//	id: winery                      name of the tenant for machines; never changes
//	name: Weingut Sonnenhang        name for people; without it, the id
//	languages: [de, en]             every text of the folder exists in each; the first is the default
//	country: DE                     the seat (ISO 3166-1 alpha-2); stands in for a visitor's unknown country
//	regime: de                      whose law: de, eu, uk, ch, us, other
//	time_zone: Europe/Berlin        IANA name; without it, UTC
//	origins: [https://example.com]  websites whose pages may call the edge
//	ack: stored                     or received: behavioural events are answered before the disk flush
//	outcome: converted              optional: boolean field that reports measure scores against
//	age_field: birth_date           optional: date field (tag birth_date) that gives a visitor's age
//	country_field: country          optional: string field that gives a visitor's country
//	controller: {...}               optional: see the function controller
//	keys: []                        see the function keys
func (l *loader) settings() {
	root, ok := l.document(fileTenant)
	if !ok {
		l.languages.open = true
		return
	}
	c := l.config
	o := root.object("id", "name", "languages", "country", "regime", "time_zone", "origins", "ack", "outcome", "age_field", "country_field", "controller", "keys")
	l.root = o
	l.languages.open = o.keys == nil
	c.ID = o.need("id", "add the tenant's name, such as id: winery").name()
	if c.Name = o.get("name").text(200); c.Name == "" {
		c.Name = c.ID
	}

	languages := o.need("languages", "add the languages of your website, such as languages: [de, en]")
	for _, v := range languages.list(maxLanguages, "languages") {
		switch s := v.text(maxDocument); {
		case s == "":
		case !languagePattern.MatchString(s):
			v.problem("write a code of two letters, such as de or en, or de-AT", "%s is not a language", quoted(s))
		case l.languages.has(s):
			v.problem("remove it", "the language %s stands here twice", s)
		default:
			l.languages.add(s)
		}
	}
	c.Languages = l.languages.list
	if len(c.Languages) == 0 {
		if languages.isEmpty() {
			languages.problem("write at least one, such as [en]", "there is no language")
		}
		l.languages.open = true
	}

	country := o.need("country", "add the country of your seat, such as country: DE")
	if s := country.text(maxDocument); s != "" {
		if !countryPattern.MatchString(s) {
			country.problem("write two capital letters (ISO 3166-1), such as DE", "%s is not a country", quoted(s))
		}
		c.Country = s
	}
	c.Regime, _ = enum(o.need("regime", "add whose law applies: regime: de, eu, uk, ch, us or other"), policies.ParseRegime, regimes...)
	c.Zone = l.zone(o.get("time_zone"))
	l.origins(o.need("origins", "add your websites, such as origins: [https://www.example.com]"))
	if s := o.get("ack"); s.present() {
		received, _ := enum(s, func(s string) (bool, error) { return s == "received", nil }, "stored", "received")
		c.AckEarly = received
	}
	l.controller(o.get("controller"))
	l.outcome, l.ageField, l.homeland = o.get("outcome"), o.get("age_field"), o.get("country_field")
}

func (l *loader) zone(v value) *time.Location {
	s := v.text(64)
	if s == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "Local" {
		v.problem("write an IANA name, such as Europe/Berlin or UTC", "%s is not a time zone", quoted(s))
		return time.UTC
	}
	return zone
}

func (l *loader) origins(list value) {
	for _, v := range list.list(64, "origins") {
		s := v.text(256)
		if s == "" {
			continue
		}
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != s || strings.ToLower(s) != s || strings.Contains(s, "*"):
			v.problem("write scheme and host in lower case without a path, such as https://www.example.com", "this is not an origin")
		case slices.Contains(l.config.Origins, s):
			v.problem("remove it", "the origin stands here twice")
		default:
			if u.Scheme == "http" && !local(u.Hostname()) {
				v.warning("use https", "data of visitors would travel unencrypted")
			}
			l.config.Origins = append(l.config.Origins, s)
		}
	}
}

func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// keys reads the list keys of tenant.yaml and of keys.yaml, which holds nothing else. A key itself never stands in a file,
// only its hash:
//
//	keys:
//	  - name: website        for people, and to tell keys apart in metrics
//	    hash: 2c26b46b...    SHA-256 of the key, 64 hexadecimal digits
//	    scope: write         write: a website's pages; server: a shop or a CRM, which may name a profile by its own id
func (l *loader) keys() {
	l.keyList(l.root.get("keys"))
	if root, ok := l.document(fileKeys); ok {
		l.keyList(root.object("keys").need("keys", "add the list keys"))
	}
}

func (l *loader) keyList(list value) {
	c := l.config
	for _, v := range list.list(64, "keys") {
		o := v.object("name", "hash", "scope")
		k := Key{Name: o.need("name", "add a name, such as name: website").name()}
		if k.Name != "" && slices.ContainsFunc(c.Keys, func(other Key) bool { return other.Name == k.Name }) {
			o.get("name").problem("choose another name", "another key has the name %s", quoted(k.Name))
		}
		hash := o.need("hash", "add the SHA-256 of the key: 64 hexadecimal digits")
		if k.Hash = hash.text(maxDocument); k.Hash != "" {
			switch {
			case !hashPattern.MatchString(k.Hash):
				hash.problem("write the SHA-256 of the key: 64 digits 0-9 and a-f; never the key itself", "this is not a hash")
			case slices.ContainsFunc(c.Keys, func(other Key) bool { return other.Hash == k.Hash }):
				hash.problem("make a new key, or remove this entry", "another entry has the same hash")
			}
		}
		k.Server, _ = enum(o.need("scope", "add scope: write or scope: server"), func(s string) (bool, error) { return s == "server", nil }, "write", "server")
		c.Keys = append(c.Keys, k)
	}
}

// roles resolves the keys of tenant.yaml that give a role to a field of the catalogue.
func (l *loader) roles() {
	c := l.config
	role := func(v value, t FieldType, tag policies.Tag, want string) string {
		name, ok := l.fields.refer(v)
		if !ok {
			return ""
		}
		if f := c.Fields[l.fields.at[name]]; f.Type != t || tag != policies.TagPlain && f.Tag != tag {
			v.problem("name a field of that kind, or change the field in "+fileCatalogue, "the field %s is not %s", quoted(name), want)
		}
		return name
	}
	c.Outcome = role(l.outcome, FieldBoolean, policies.TagPlain, "a boolean")
	c.AgeField = role(l.ageField, FieldDate, policies.TagBirthDate, "a date with the tag birth_date")
	c.CountryField = role(l.homeland, FieldString, policies.TagPlain, "a string")
}
