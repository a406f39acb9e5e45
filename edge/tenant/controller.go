package tenant

// Controller is who answers for the processing: what a privacy notice (Article 13(1)(a-b) and (2)(d) GDPR) and a record of
// processing (Article 30(1)(a)) name and no rule can know. Each part may be empty, and is then asked for when they are written.
type Controller struct {
	Name           string
	Address        string
	Contact        string // an e-mail address or a telephone number
	Officer        string // contact of the data protection officer, or NoOfficer
	Authority      string // the supervisory authority at which a visitor may complain
	Representative string // in the European Union, where the controller has no seat there (Article 27)
}

// NoOfficer is what a controller writes who need not name a data protection officer (Article 37).
const NoOfficer = "none"

// maxContact bounds one part of the controller's description, in bytes.
const maxContact = 500

// controller reads the optional key controller of tenant.yaml:
//
//	controller:
//	  name: Weingut Sonnenhang GmbH
//	  address: Am Hang 1, 54470 Bernkastel-Kues, Germany
//	  contact: privacy@sonnenhang.example
//	  data_protection_officer: dpo@sonnenhang.example      or none, where the law asks for nobody
//	  authority: Landesbeauftragter für den Datenschutz Rheinland-Pfalz
//	  representative: Example Ltd, Dublin                   of a controller without a seat in the European Union
func (l *loader) controller(v value) {
	o := v.object("name", "address", "contact", "data_protection_officer", "authority", "representative")
	l.config.Controller = Controller{
		Name:           o.get("name").text(maxContact),
		Address:        o.get("address").text(maxContact),
		Contact:        o.get("contact").text(maxContact),
		Officer:        o.get("data_protection_officer").text(maxContact),
		Authority:      o.get("authority").text(maxContact),
		Representative: o.get("representative").text(maxContact),
	}
}
