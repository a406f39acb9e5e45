// Probe says all that the kit can read and say, so that the kits can be compared with each other.
import { is } from "./lotse";
import { record, answer } from "./manifest";

export function evaluate(): void {
  const first = record.firstOr(0);
  const second = record.secondOr(-0.5);
  answer.echoFirst(first);
  answer.echoSecond(second);
  answer.echoType(record.typeOr(0));
  answer.echoViews(record.views90dOr(7));
  answer.echoFading(record.fadingOr(0));
  answer.echoSinceFirst(record.sinceFirstOr(1e9));
  answer.echoSinceLast(record.sinceLastOr(1e9));
  answer.echoClock(<f64>record.unixMillis());
  answer.madeSum(first + second);
  answer.madeProduct(first * 3);
  answer.madeLeast(min(first, second));
  answer.madeMost(max(first, second));
  answer.madeHalf(first / 2);

  if (record.hasFirst()) answer.segmentHasFirst();
  if (record.wineStyle()) answer.segmentHasStyle();
  if (record.city()) answer.segmentHasCity();
  if (record.hasMember()) answer.segmentHasMember();
  if (record.memberOr(false)) answer.segmentMember();

  const style = record.wineStyle();
  const city = record.city();
  // The other kits take "none" for a style that is absent, and "dry" for such a city.
  if (style && style.length == 0) answer.segmentStyleEmpty();
  if ((!city || city.is("dry")) && is(style, "dry")) answer.segmentCityIsStyle();
  if (is(style, "Working Professional")) answer.segmentIsAscii();
  if (is(style, "Grüner Veltliner 東京 🍷")) answer.segmentIsWide();
  if (style && style.startsWith("Work")) answer.segmentBeginsAscii();
  if (style && style.startsWith("Grüner Veltliner 東京 🍷")) answer.segmentBeginsWide();
  if (!style || style.startsWith("")) answer.segmentBeginsNothing();
  if (style) {
    if (style.same("working_Professional")) answer.segmentSameAscii();
    if (style.same("-grüner VELTLINER_東京🍷 ")) answer.segmentSameWide();
    if (style.same("- _")) answer.segmentSameNothing();
  }

  for (let i = 0, n = <i32>record.typeOr(0); i < n; i++) answer.segmentMany();
  if (first > second) answer.defaultHigh();
  else answer.defaultLow();
}
