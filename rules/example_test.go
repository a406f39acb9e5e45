package rules_test

import (
	"fmt"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// A module's answer becomes a score with its reasons; the rating gives the score its band and the visitor a stage.
func Example() {
	m := &abi.Manifest{Name: "interest", Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page", "webinar"}}}}}
	rating := rules.Rating{
		Bands: map[string][]rules.Band{"interest": {{Name: "awareness"}, {Name: "interest", From: 11}}},
		Stages: rules.Stages{List: []rules.Stage{
			{Name: "visit"},
			{Name: "lead", When: []rules.StageCondition{{Score: "interest", AtLeast: 11}}},
		}},
	}
	var o rules.Outcome
	if err := o.Add(m, []abi.Entry{
		{Kind: abi.ScoreEntry, Index: 0, Reason: 0, Number: 5},
		{Kind: abi.ScoreEntry, Index: 0, Reason: 1, Number: 10},
	}); err != nil {
		panic(err)
	}
	rating.Finish(&o, "", nil)
	fmt.Println(o.Stage, o.Scores)
	// Output: lead [{interest 15 interest [{page 5} {webinar 10}]}]
}

func ExampleNearest() {
	fmt.Println(rules.Nearest("mesage_opend", []string{"page_view", "message_opened", "message_clicked"}))
	// Output: message_opened
}
