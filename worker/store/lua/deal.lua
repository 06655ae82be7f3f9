#!lua flags=allow-oom
-- deal(now, letter, how, who JSON) → 1 when it was dealt with now, 0 when it was before, or is not there
--   who: {by, why, ask, sweep}: see deal() in prelude.lua
return deal(ARGV[2], ARGV[3], cjson.decode(ARGV[4])) and 1 or 0
