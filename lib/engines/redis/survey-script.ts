/**
 * What a scratch server counts on one page of a scan. ARGV: cursor, page size, and the instant (ms) after which expiries
 * are summed up. Sums of hashes don't depend on the order in which keys come. Only keys without an expiry are told apart by
 * type, and only their streams are looked into: keys whose time has passed can't be read any more.
 *
 * Answers: next cursor, keys seen, expiries summed up, their sum, the sum over streams, then type and number in turn.
 */
export const surveyScript = `
local function add(sum, text)
  return (sum + tonumber(string.sub(redis.sha1hex(text), 1, 12), 16)) % 281474976710656
end
local function flat(value)
  if type(value) ~= 'table' then return tostring(value) .. '\\0' end
  local parts = {}
  for i = 1, #value do parts[i] = flat(value[i]) end
  return table.concat(parts) .. '\\1'
end
local function pick(list, names)
  local found = {}
  for i = 1, #list, 2 do
    if names[list[i]] then found[#found + 1] = { list[i], list[i + 1] } end
  end
  return found
end
-- DEBUG DIGEST covers a stream's entries, but neither its groups nor what they have yet to acknowledge
local function describe(key)
  local parts = { key, pick(redis.call('XINFO', 'STREAM', key), {
    ['last-generated-id'] = true, ['max-deleted-entry-id'] = true, ['entries-added'] = true }) }
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    parts[#parts + 1] = group
    parts[#parts + 1] = redis.call('XPENDING', key, group[2])
    for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', key, group[2])) do
      parts[#parts + 1] = pick(consumer, { name = true, pending = true }) -- idle times depend on when one asks
    end
  end
  return flat(parts)
end

local page = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
local after = tonumber(ARGV[3])
local lasting, expiring, expiries, streams = {}, 0, 0, 0
for _, key in ipairs(page[2]) do
  local at = redis.call('PEXPIRETIME', key)
  if at > after then
    expiring = expiring + 1
    expiries = add(expiries, key .. '\\0' .. string.format('%.0f', at))
  elseif at == -1 then
    local kind = redis.call('TYPE', key)['ok']
    lasting[kind] = (lasting[kind] or 0) + 1
    if kind == 'stream' then streams = add(streams, describe(key)) end
  end
end
local answer = { page[1], #page[2], expiring, string.format('%.0f', expiries), string.format('%.0f', streams) }
for kind, number in pairs(lasting) do
  answer[#answer + 1] = kind
  answer[#answer + 1] = number
end
return answer
`;
