// The cellar: what the shop sells. Slugs are the product names that events carry and that the tenant's rules know.

export const STYLES = ['dry', 'offdry', 'sweet', 'sparkling']

const wine = (slug, style, price, unit, art, tone, facts, de, en) => ({ slug, style, price, unit, art, tone, facts, de, en })

export const wines = [
  wine('gutsriesling', 'dry', 9.8, 'bottle', 'bottle-gutsriesling.svg', 'leaf', { year: 2024, soil: 'slate', sugar: 5.1, acid: 7.4, alcohol: 12, serve: 9 },
    { name: 'Gutsriesling trocken', note: 'Zitrone, Schiefer, ein langer Sommer.', story: 'Der Wein, mit dem bei uns alles anfängt. Aus vier Parzellen über dem Fluss, im Stahltank vergoren, ohne Eile gefüllt.', food: 'Forelle, Ziegenkäse, ein Abend auf der Treppe' },
    { name: 'Estate Riesling dry', note: 'Lemon, slate, a long summer.', story: 'The wine that everything begins with here. From four plots above the river, fermented in steel, bottled without haste.', food: 'Trout, goat cheese, an evening on the doorstep' }),
  wine('riesling-kabinett', 'offdry', 12.5, 'bottle', 'bottle-kabinett.svg', 'sun', { year: 2024, soil: 'slate', sugar: 32, acid: 8.6, alcohol: 9.5, serve: 8 },
    { name: 'Riesling Kabinett', note: 'Weinbergpfirsich, Salz, leicht wie ein Boot.', story: 'Von Hand gelesen, bevor der Nebel sich hebt. Die Süße trägt, die Säure steuert.', food: 'Thai-Curry, Räucheraal, reifer Gouda' },
    { name: 'Riesling Kabinett', note: 'Vineyard peach, salt, light as a boat.', story: 'Picked by hand before the fog lifts. Sweetness carries, acidity steers.', food: 'Thai curry, smoked eel, mature Gouda' }),
  wine('alte-reben', 'dry', 29, 'bottle', 'bottle-alte-reben.svg', 'stone', { year: 2022, soil: 'slate', sugar: 3.8, acid: 7.1, alcohol: 13, serve: 11 },
    { name: 'Lotsenberg Alte Reben', note: 'Feuerstein, Quitte, kein Ende.', story: 'Reben von 1931 am steilsten Stück des Bergs. Dreihundert Flaschen im Jahr, zwei Jahre im alten Holz.', food: 'Steinbutt, Kalbsbries, eine gute Unterhaltung' },
    { name: 'Lotsenberg Old Vines', note: 'Flint, quince, no end to it.', story: 'Vines of 1931 on the steepest piece of the hill. Three hundred bottles a year, two years in old wood.', food: 'Turbot, sweetbreads, good conversation' }),
  wine('spaetburgunder', 'dry', 18.5, 'bottle', 'bottle-spaetburgunder.svg', 'rose', { year: 2022, soil: 'redslate', sugar: 1.2, acid: 5.4, alcohol: 13, serve: 16 },
    { name: 'Spätburgunder Rotschiefer', note: 'Sauerkirsche, Rauch, Seide.', story: 'Vom roten Schiefer auf der Südwestseite, ganze Trauben im Bottich, vierzehn Monate im kleinen Fass.', food: 'Ente, Pilze, Linsen' },
    { name: 'Pinot Noir Red Slate', note: 'Sour cherry, smoke, silk.', story: 'From red slate on the south-west side, whole bunches in the vat, fourteen months in small casks.', food: 'Duck, mushrooms, lentils' }),
  wine('weissburgunder', 'dry', 10.9, 'bottle', 'bottle-weissburgunder.svg', 'leaf', { year: 2024, soil: 'loess', sugar: 4.2, acid: 6.2, alcohol: 12.5, serve: 10 },
    { name: 'Weißburgunder Gutswein', note: 'Birne, Mandel, feine Creme.', story: 'Vom Lösslehm am Hangfuß. Ein Wein, der nicht laut wird und doch das letzte Wort hat.', food: 'Spargel, Huhn, Pasta mit Salbei' },
    { name: 'Pinot Blanc Estate', note: 'Pear, almond, a fine creaminess.', story: 'From loess at the foot of the slope. A wine that never raises its voice and still has the last word.', food: 'Asparagus, chicken, pasta with sage' }),
  wine('riesling-sekt', 'sparkling', 19.5, 'bottle', 'bottle-sekt.svg', 'sun', { year: 2021, soil: 'slate', sugar: 6, acid: 7.8, alcohol: 12.5, serve: 7 },
    { name: 'Riesling Sekt Brut', note: 'Apfel, Brioche und viel Geduld.', story: 'Flaschengärung, zwei Jahre auf der Hefe, von Hand gerüttelt. Für Anlässe und für den Dienstag.', food: 'Austern, Popcorn, gute Nachrichten' },
    { name: 'Riesling Sekt Brut', note: 'Apple, brioche and much patience.', story: 'Bottle-fermented, two years on the lees, riddled by hand. For occasions, and for a Tuesday.', food: 'Oysters, popcorn, good news' }),
  wine('beerenauslese', 'sweet', 34, 'half', 'bottle-beerenauslese.svg', 'honey', { year: 2020, soil: 'slate', sugar: 158, acid: 9.8, alcohol: 8, serve: 8 },
    { name: 'Riesling Beerenauslese', note: 'Honig, Aprikose, ein Blitz von Säure.', story: 'Beere für Beere in eine Schüssel gelesen, an drei Tagen im November. In der halben Flasche.', food: 'Blauschimmelkäse, Tarte, Stille' },
    { name: 'Riesling Beerenauslese', note: 'Honey, apricot, a flash of acidity.', story: 'Picked berry by berry into a bowl, on three days in November. In the half bottle.', food: 'Blue cheese, tart, silence' }),
  wine('guest-case', 'dry', 119, 'case', 'case.svg', 'stone', { year: 2024, soil: 'slate', alcohol: 12, serve: 9 },
    { name: 'Die Gästekiste', note: 'Zwölf Flaschen, die jedem schmecken.', story: 'Sechs Gutsriesling, drei Weißburgunder, drei Spätburgunder. Der Korkenzieher liegt bei.', food: 'Viele Gäste, lange Tische' },
    { name: "The guests' case", note: 'Twelve bottles that everybody likes.', story: 'Six Estate Riesling, three Pinot Blanc, three Pinot Noir. A corkscrew comes with them.', food: 'Many guests, long tables' }),
  wine('sample-box', 'offdry', 24, 'box', 'box.svg', 'rose', { year: 2024, soil: 'slate', alcohol: 11.5, serve: 9 },
    { name: 'Das Probierpaket', note: 'Drei kleine Flaschen zum Kennenlernen.', story: 'Gutsriesling, Kabinett und Spätburgunder in kleinen Flaschen. Probieren Sie in Ruhe, bevor Sie sich festlegen.', food: 'Zwei Gläser, ein Notizzettel' },
    { name: 'The sample box', note: 'Three small bottles to get to know us.', story: 'Estate Riesling, Kabinett and Pinot Noir in small bottles. Taste at your leisure before you settle on anything.', food: 'Two glasses, a slip of paper' }),
]

export const find = (slug) => wines.find((w) => w.slug === slug)

export const TASTINGS = ['slate-and-riesling', 'pinot-evening', 'sekt-by-hand']
