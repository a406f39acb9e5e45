package main

import (
	_ "embed"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

//go:embed manifest.json
var manifest []byte

var module = lotsetest.Module{Manifest: manifest, Rules: evaluate}

type values = lotsetest.Values

func TestSegments(t *testing.T) {
	for name, c := range map[string]struct {
		values values
		want   []string
	}{
		"a stranger":                 {nil, nil},
		"a restaurant":               {values{"customer_type": "gastronomy", "country": "DE"}, []string{"gastronomy-de"}},
		"a restaurant abroad":        {values{"customer_type": "gastronomy", "country": "AT"}, nil},
		"a restaurant somewhere":     {values{"customer_type": "gastronomy"}, nil},
		"two orders":                 {values{"customer_type": "private", "orders": 2}, []string{"private-regular"}},
		"one order":                  {values{"customer_type": "private", "orders": 1}, nil},
		"two orders of nobody knows": {values{"orders": 2}, nil},
		"a dealer abroad":            {values{"customer_type": "trade", "country": "NL"}, []string{"export-trade"}},
		"a dealer at home":           {values{"customer_type": "trade", "country": "DE"}, nil},
		"a dealer somewhere":         {values{"customer_type": "trade"}, nil},
		"says sparkling":             {values{"wine_style": "sparkling"}, []string{"sparkling-lovers"}},
		"reads sparkling":            {values{"sparkling_pages": 3}, []string{"sparkling-lovers"}},
		"a look at sparkling":        {values{"sparkling_pages": 2}, nil},
		"a tasting":                  {values{"tastings": 1}, []string{"tasting-guests"}},
		"a year ago":                 {values{"days_since_order": 365}, nil},
		"over a year ago":            {values{"days_since_order": 365.1}, []string{"lapsed-customers"}},
		"several":                    {values{"customer_type": "private", "orders": 3, "wine_style": "sparkling", "tastings": 2}, []string{"private-regular", "sparkling-lovers", "tasting-guests"}},
	} {
		if diff := cmp.Diff(c.want, module.Run(t, c.values).Segments); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestPersona(t *testing.T) {
	for name, c := range map[string]struct {
		values values
		want   string
	}{
		"a stranger":            {nil, ""},
		"four pages":            {values{"pages": 4}, ""},
		"five pages":            {values{"pages": 5}, "explorer"},
		"curious":               {values{"need": "curiosity"}, "explorer"},
		"a tasting":             {values{"tastings": 1}, "explorer"},
		"a dinner":              {values{"occasion": "dinner", "pages": 9}, "host"},
		"a feast":               {values{"occasion": "celebration"}, "host"},
		"dear bottles":          {values{"price_range": "above_20", "occasion": "dinner"}, "connoisseur"},
		"a cellar":              {values{"need": "cellar"}, "connoisseur"},
		"spends":                {values{"spent": 300}, "connoisseur"},
		"spends less":           {values{"spent": 299.99}, ""},
		"a restaurant":          {values{"customer_type": "gastronomy", "price_range": "above_20"}, "professional"},
		"a dealer":              {values{"customer_type": "trade"}, "professional"},
		"wine for the business": {values{"customer_type": "private", "occasion": "business"}, "professional"},
	} {
		if got := module.Run(t, c.values).Traits["persona"]; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	module.Random(t, 500, "gastronomy", "private", "trade", "DE", "sparkling", "dinner", "cellar")
}
