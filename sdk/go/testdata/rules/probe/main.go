// Probe says all that the kit can read and say, so that the kits can be compared with each other.
package main

import (
	"strings"

	lotse "github.com/lotse-edge/lotse/sdk/go"
)

func evaluate(record Record, answer Answer) {
	first, second := record.first(), record.second()
	answer.echoFirst(first)
	answer.echoSecond(second)
	answer.echoType(record.type_())
	answer.echoViews(record.views90d())
	answer.echoFading(record.fading())
	answer.echoSinceFirst(record.sinceFirst())
	answer.echoSinceLast(record.sinceLast())
	answer.echoClock(float64(record.UnixMillis()))
	answer.madeSum(first + second)
	answer.madeProduct(first * 3)
	answer.madeLeast(min(first, second))
	answer.madeMost(max(first, second))
	answer.madeHalf(first / 2)

	if record.hasFirst() {
		answer.segmentHasFirst()
	}
	if record.hasWineStyle() {
		answer.segmentHasStyle()
	}
	if record.hasCity() {
		answer.segmentHasCity()
	}
	if record.hasMember() {
		answer.segmentHasMember()
	}
	if record.member() {
		answer.segmentMember()
	}

	style, city := record.wineStyle(), record.city()
	if len(style) == 0 {
		answer.segmentStyleEmpty()
	}
	if city == "dry" && style == "dry" {
		answer.segmentCityIsStyle()
	}
	if style == "Working Professional" {
		answer.segmentIsAscii()
	}
	if style == "Grüner Veltliner 東京 🍷" {
		answer.segmentIsWide()
	}
	if strings.HasPrefix(style, "Work") {
		answer.segmentBeginsAscii()
	}
	if strings.HasPrefix(style, "Grüner Veltliner 東京 🍷") {
		answer.segmentBeginsWide()
	}
	if strings.HasPrefix(style, "") {
		answer.segmentBeginsNothing()
	}
	if lotse.Same(style, "working_Professional") {
		answer.segmentSameAscii()
	}
	if lotse.Same(style, "-grüner VELTLINER_東京🍷 ") {
		answer.segmentSameWide()
	}
	if lotse.Same(style, "- _") {
		answer.segmentSameNothing()
	}

	for range int(record.type_()) {
		answer.segmentMany()
	}
	if first > second {
		answer.defaultHigh()
	} else {
		answer.defaultLow()
	}
}
