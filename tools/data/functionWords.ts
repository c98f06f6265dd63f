/**
 * English function words, the words that stay visible in a sentence skeleton. Degree words and negations belong
 * here because they carry a sentence's frame; everything that names a thing, an act or a quality does not.
 */
const LIST = `
a an the this that these those some any each every all both either neither no none another other such same
i me my mine myself you your yours yourself he him his himself she her hers herself it its itself we us our ours
ourselves they them their theirs themselves who whom whose which what one ones someone anyone everyone nobody
something anything everything nothing
am is are was were be been being do does did doing done have has had having will would shall should can could may
might must ought
isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't won't wouldn't shan't shouldn't can't cannot
couldn't mustn't i'm i've i'll i'd you're you've you'll you'd he's he'd he'll she's she'd she'll it's it'd it'll
we're we've we'll we'd they're they've they'll they'd that's there's here's who's what's
and or but nor so yet for if then else because although though while whereas unless until till since when whenever
where wherever why how as than whether once
of at by with about against between among into through during before after above below to from up down in out on
off over under without within along across behind beyond near toward towards upon onto per despite around
not never only just also too very quite rather more most less least much many few little enough even still already
again almost there here now ever really yes
`;

/** The function words, lower-cased. */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set(LIST.trim().split(/\s+/));
