/**
 * Reads the members behind a cursor in the order of the set, (score, member), as far as a highest score. What is
 * removed meanwhile moves nothing out of sight, and any number of equal scores costs a logarithm.
 * KEYS: the set. ARGV: cursor's score or '', cursor's member, highest score, most members, most bytes, prefix of the
 * hashes of the members or '', fields of the hashes.
 */
export const PAGE_OF_SET = `
local key = KEYS[1]
local function behind(member, other)
  local longest = math.min(#member, #other)
  for at = 1, longest do
    local a, b = string.byte(member, at), string.byte(other, at)
    if a ~= b then return a > b end
  end
  return #member > #other
end
local rank = 0
if ARGV[1] ~= '' then
  local known = redis.call('ZRANK', key, ARGV[2])
  if known and redis.call('ZSCORE', key, ARGV[2]) == ARGV[1] then
    rank = known + 1
  else
    local low, high, score = 0, redis.call('ZCARD', key), tonumber(ARGV[1])
    while low < high do
      local middle = math.floor((low + high) / 2)
      local entry = redis.call('ZRANGE', key, middle, middle, 'WITHSCORES')
      local here = tonumber(entry[2])
      if here > score or (here == score and behind(entry[1], ARGV[2])) then high = middle else low = middle + 1 end
    end
    rank = low
  end
end
local page, bytes, most = {}, 0, tonumber(ARGV[4])
while #page < most and bytes < tonumber(ARGV[5]) do
  local entry = redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')
  if #entry == 0 or tonumber(entry[2]) > tonumber(ARGV[3]) then break end
  local fields = {}
  if ARGV[6] ~= '' then fields = redis.call('HMGET', ARGV[6] .. entry[1], unpack(ARGV, 7)) end
  for _, field in ipairs(fields) do if field then bytes = bytes + #field end end
  bytes = bytes + #entry[1]
  page[#page + 1] = { entry[1], entry[2], fields }
  rank = rank + 1
end
return page
`;
