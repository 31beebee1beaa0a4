#include "webhooks/event.h"

#include <charconv>

#include "outbox/event.h"
#include "webhooks/errors.h"
#include "webhooks/event_store.h"

namespace gatehouse::webhooks {
namespace {

/// False where the text does not begin with a number that fits; else it is cut off.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), number);
  text.remove_prefix(static_cast<std::size_t>(rest - text.begin()));
  return error == std::errc();
}

}  // namespace

std::string publish(db::Transaction& transaction, const auth::Principal& publisher,
                    std::string_view tenant_id, const Publication& wanted,
                    std::string_view trace_id, Time now) {
  const store::MayPublish may = store::may_publish(transaction, tenant_id, wanted.type);
  if (!may.tenant_active) throw Failure(errors::tenant_not_found);
  if (!may.type_known) throw Failure(errors::event_type_unknown);
  return outbox::publish(transaction,
                         {.type = wanted.type,
                          .tenant_id = tenant_id,
                          .data = wanted.data,
                          .trace_id = trace_id,
                          .ordering_key = wanted.ordering_key,
                          .source = publisher.id()},
                         now);
}

std::string cursor_text(const Position& position) {
  return std::to_string(position.transaction) + '-' + std::to_string(position.sequence);
}

Position parse_cursor(std::string_view text) {
  Position position;
  if (!take_number(text, position.transaction) || !text.starts_with('-')) {
    throw Failure(errors::cursor_invalid);
  }
  text.remove_prefix(1);
  if (!take_number(text, position.sequence) || position.sequence < 0 || !text.empty()) {
    throw Failure(errors::cursor_invalid);
  }
  return position;
}

FeedPage read_feed(db::Connection& connection, const FeedRequest& wanted) {
  return store::read_feed(connection, wanted);
}

}  // namespace gatehouse::webhooks
