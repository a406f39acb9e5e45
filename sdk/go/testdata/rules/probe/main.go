// Probe says all that the kit can read and say, so that the kits can be compared with each other.
package main

import (
	"strings"

	lotse "github.com/lotse-edge/lotse/sdk/go"
)

func evaluate(record Record, answer Answer) {
	first, second := record.firstOr(0), record.secondOr(-0.5)
	answer.echoFirst(first)
	answer.echoSecond(second)
	answer.echoType(record.typeOr(0))
	answer.echoViews(record.views90dOr(7))
	answer.echoFading(record.fadingOr(0))
	answer.echoSinceFirst(record.sinceFirstOr(1e9))
	answer.echoSinceLast(record.sinceLastOr(1e9))
	answer.echoClock(float64(record.unixMillis()))
	answer.madeSum(first + second)
	answer.madeProduct(first * 3)
	answer.madeLeast(min(first, second))
	answer.madeMost(max(first, second))
	answer.madeHalf(first / 2)

	if _, ok := record.first(); ok {
		answer.segmentHasFirst()
	}
	if _, ok := record.wineStyle(); ok {
		answer.segmentHasStyle()
	}
	if _, ok := record.city(); ok {
		answer.segmentHasCity()
	}
	if _, ok := record.member(); ok {
		answer.segmentHasMember()
	}
	if record.memberOr(false) {
		answer.segmentMember()
	}

	style, city := record.wineStyleOr("none"), record.cityOr("dry")
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

	for range int(record.typeOr(0)) {
		answer.segmentMany()
	}
	if first > second {
		answer.defaultHigh()
	} else {
		answer.defaultLow()
	}
}
