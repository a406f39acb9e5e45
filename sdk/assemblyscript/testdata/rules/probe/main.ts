// Probe says all that the kit can read and say, so that the kits can be compared with each other.
import { record, answer } from "./manifest";

export function evaluate(): void {
  const first = record.first();
  const second = record.second();
  answer.echoFirst(first);
  answer.echoSecond(second);
  answer.echoType(record.type_());
  answer.echoViews(record.views90d());
  answer.echoFading(record.fading());
  answer.echoSinceFirst(record.sinceFirst());
  answer.echoSinceLast(record.sinceLast());
  answer.echoClock(<f64>record.unixMillis());
  answer.madeSum(first + second);
  answer.madeProduct(first * 3);
  answer.madeLeast(min(first, second));
  answer.madeMost(max(first, second));
  answer.madeHalf(first / 2);

  if (record.hasFirst()) answer.segmentHasFirst();
  if (record.hasWineStyle()) answer.segmentHasStyle();
  if (record.hasCity()) answer.segmentHasCity();
  if (record.hasMember()) answer.segmentHasMember();
  if (record.member()) answer.segmentMember();

  const style = record.wineStyle();
  const city = record.city();
  if (style.length == 0) answer.segmentStyleEmpty();
  if (city.is("dry") && style.is("dry")) answer.segmentCityIsStyle();
  if (style.is("Working Professional")) answer.segmentIsAscii();
  if (style.is("Grüner Veltliner 東京 🍷")) answer.segmentIsWide();
  if (style.startsWith("Work")) answer.segmentBeginsAscii();
  if (style.startsWith("Grüner Veltliner 東京 🍷")) answer.segmentBeginsWide();
  if (style.startsWith("")) answer.segmentBeginsNothing();
  if (style.same("working_Professional")) answer.segmentSameAscii();
  if (style.same("-grüner VELTLINER_東京🍷 ")) answer.segmentSameWide();
  if (style.same("- _")) answer.segmentSameNothing();

  for (let i = 0, n = <i32>record.type_(); i < n; i++) answer.segmentMany();
  if (first > second) answer.defaultHigh();
  else answer.defaultLow();
}
