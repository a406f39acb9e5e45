package notice

import "slices"

// eea is the countries of the European Economic Area. A controller with a seat in none of them names a representative
// (Article 27).
var eea = []string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV",
	"MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
}

func (f *Facts) needsRepresentative() bool {
	return (f.Regime == "de" || f.Regime == "eu") && !slices.Contains(eea, f.Country)
}

// What nobody but the controller can say.
var (
	missingName      = words{"name of the controller", "Name des Verantwortlichen"}
	missingAddress   = words{"postal address of the controller", "Anschrift des Verantwortlichen"}
	missingContact   = words{"e-mail address or telephone number of the controller", "E-Mail-Adresse oder Telefonnummer des Verantwortlichen"}
	missingOfficer   = words{"contact of the data protection officer, or that there is none", "Kontakt der oder des Datenschutzbeauftragten, oder dass es keine gibt"}
	missingAuthority = words{"the supervisory authority in charge", "die zuständige Aufsichtsbehörde"}
	missingAgent     = words{"the representative in the European Union", "Vertretung in der Europäischen Union"}
	missingInterest  = words{"the legitimate interest that is pursued", "das berechtigte Interesse, das verfolgt wird"}
	missingRecipient = words{"who gets the data, processors included", "wer die Daten bekommt, auch Auftragsverarbeiter"}
	missingSafeguard = words{"which safeguards, and where to get a copy of them", "welche Garantien, und wo eine Kopie davon zu haben ist"}
	missingOperation = words{"encryption of connections and disks, backups, and who has access, as your operation has them", "Verschlüsselung von Verbindungen und Datenträgern, Sicherungskopien und Zugriffsrechte, wie Ihr Betrieb sie hat"}
	missingLabel     = words{"a label for people", "eine Bezeichnung für Menschen"}
	missingRegime    = words{"the words follow the GDPR: have them checked against the law that applies to you", "die Worte folgen der DSGVO: lassen Sie sie am Recht prüfen, das für Sie gilt"}
)

// missing lists what the law asks for and the folder does not say.
func missing(f *Facts) []Missing {
	var out []Missing
	need := func(lacks bool, key, file string, w words) {
		if lacks {
			out = append(out, Missing{key, file, w})
		}
	}
	const ofTenant, ofCatalogue = "tenant.yaml", "catalogue.yaml"
	c := &f.controller
	need(c.Name == "", "controller.name", ofTenant, missingName)
	need(c.Address == "", "controller.address", ofTenant, missingAddress)
	need(c.Contact == "", "controller.contact", ofTenant, missingContact)
	need(c.Officer == "", "controller.data_protection_officer", ofTenant, missingOfficer)
	need(c.Authority == "", "controller.authority", ofTenant, missingAuthority)
	need(c.Representative == "" && f.needsRepresentative(), "controller.representative", ofTenant, missingAgent)
	need(f.Regime == "ch" || f.Regime == "us" || f.Regime == "other", "regime", ofTenant, missingRegime)
	unlabelled := map[string]bool{}
	for _, p := range f.permitted(nil) {
		need(p.Basis == "legitimate_interest" && p.declared.Interest == nil, "purposes."+p.Name+".interest", ofCatalogue, missingInterest)
		need(p.declared.Recipients == nil, "purposes."+p.Name+".recipients", ofCatalogue, missingRecipient)
		for _, d := range p.Data {
			if d.label == nil && !unlabelled[d.Name] {
				unlabelled[d.Name] = true
				need(true, "events."+d.Name+".label", ofCatalogue, missingLabel)
			}
		}
	}
	return out
}
