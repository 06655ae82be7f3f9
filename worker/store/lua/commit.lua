-- commit(now, a1 … a18) → {"duplicate" | "held" | stream id, rung…}
local told = record({ unpack(ARGV, 2) })
return { told, unpack(rung) }
