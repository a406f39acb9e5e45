package tenant_test

import (
	"fmt"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// A folder is read as a whole. Each mistake is told with its place and its remedy, all of them in one run.
func ExampleLoad() {
	_, _, err := tenant.Load(map[string][]byte{
		"tenant.yaml": []byte(`id: shop
languages: [en]
country: DE
regime: de
orgins: [https://shop.example]
`),
		"catalogue.yaml": []byte(`purposes:
  letters:
    basis: contract
    marketing: true
    ttl: 1y
    title: Letters
    text: We write to you once a month.
fields:
  email: {type: string, category: contact, purposes: [leters], label: E-mail}
events: {}
`),
		"stages.yaml":  []byte("stages: [{name: visit}]\n"),
		"content.yaml": []byte("slots: {}\n"),
		"forms.yaml":   []byte("forms: {}\n"),
	})
	fmt.Println(err)
	// Output:
	// tenant's folder has 3 problems
	//   catalogue.yaml:3: purposes.letters.basis: direct marketing cannot rest on contract; write consent or legitimate_interest, or make it a purpose of its own without marketing
	//   catalogue.yaml:9: fields.email.purposes[0]: there is no purpose "leters" in catalogue.yaml; did you mean letters?
	//   tenant.yaml:5: orgins: the key "orgins" is not known here; did you mean origins?
}

func ExampleField_Check() {
	born := tenant.Field{Name: "birth_date", Type: tenant.FieldDate}
	v, ok := born.Check("1987-05-23")
	fmt.Println(v.Number, ok, born.Show(v))
	_, ok = born.Check("23.05.1987")
	fmt.Println(ok)
	// Output:
	// 6351 true 1987-05-23
	// false
}
