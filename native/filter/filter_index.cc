#include "filter/filter_index.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <shared_mutex>
#include <string>

#include "filter/evaluate.h"

namespace vitrine {
namespace {

// Items that are changed while evaluations wait: some 20 us.
constexpr std::size_t kSliceItems = 64;

Status check_rows(std::span<const std::uint32_t> rows) {
  for (const std::uint32_t row : rows) {
    if (row <= kRowMax) continue;
    return fail(Code::bad_argument, "row " + std::to_string(row) + " is larger than " +
                                        std::to_string(kRowMax));
  }
  return {};
}

Status check_numbers(std::span<const double> numbers) {
  for (const double number : numbers) {
    if (!std::isinf(number)) continue;
    return fail(Code::bad_argument, "numbers must be finite, or NaN where there is none");
  }
  return {};
}

Status check_length(const char* name, std::size_t found, std::size_t wanted) {
  if (found == wanted) return {};
  return fail(Code::bad_argument, std::string(name) + " must hold " + std::to_string(wanted) +
                                      " values, it holds " + std::to_string(found));
}

Status check_below(const char* name, std::uint32_t value, std::uint32_t end) {
  if (value < end) return {};
  return fail(Code::bad_argument, std::string(name) + " " + std::to_string(value) +
                                      " is not below " + std::to_string(end));
}

Status check_categories(const ItemBatch& items) {
  std::uint32_t before = 0;
  for (const std::uint32_t end : items.ends) {
    if (end < before || end > items.categories.size()) {
      return fail(Code::bad_argument, "an end of categories is " + std::to_string(end) +
                                          ", not in " + std::to_string(before) + ".." +
                                          std::to_string(items.categories.size()));
    }
    before = end;
  }
  for (const std::uint32_t category : items.categories) {
    if (Status status = check_below("category", category, kCategoryMax + 1); !status.ok()) {
      return status;
    }
  }
  return {};
}

Status first_failure(std::initializer_list<Status> checks) {
  for (const Status& check : checks) {
    if (!check.ok()) return check;
  }
  return {};
}

}  // namespace

// What an evaluation works with: kept, so that the next one allocates nothing.
struct FilterIndex::Scratch {
  Program program;
  std::vector<Word> words;
};

class FilterIndex::Loan {
 public:
  explicit Loan(const FilterIndex& owner) : owner_(owner) {
    const std::scoped_lock lock(owner.scratch_mutex_);
    if (owner.scratch_.empty()) {
      scratch_ = std::make_unique<Scratch>();
    } else {
      scratch_ = std::move(owner.scratch_.back());
      owner.scratch_.pop_back();
    }
  }
  ~Loan() {
    const std::scoped_lock lock(owner_.scratch_mutex_);
    owner_.scratch_.push_back(std::move(scratch_));
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  Scratch* operator->() const noexcept { return scratch_.get(); }

 private:
  const FilterIndex& owner_;
  std::unique_ptr<Scratch> scratch_;
};

FilterIndex::FilterIndex(const FilterOptions& options)
    : options_(options), attributes_(options.flags, options.columns) {}

FilterIndex::~FilterIndex() = default;

template <class Change>
void FilterIndex::change_each(std::size_t count, Change change) {
  for (std::size_t first = 0; first < count; first += kSliceItems) {
    const std::scoped_lock writing(writer_);  // a slice at a time, so that others get their turn
    {
      const std::unique_lock alone(gate_);
      for (std::size_t i = first; i < std::min(count, first + kSliceItems); ++i) change(i);
    }
    renew_steps();
  }
}

// The new steps are made while evaluations run.
void FilterIndex::renew_steps() {
  for (std::uint32_t number = 0; number < attributes_.columns(); ++number) {
    Column& column = attributes_.column(number);
    if (!column.is_worn()) continue;
    Column::Content content = column.plan_steps();
    const std::unique_lock alone(gate_);
    column.swap(content);
  }
}

Status FilterIndex::put(const ItemBatch& items) {
  const std::size_t count = items.rows.size();
  const std::size_t columns = options_.columns;
  if (Status status = first_failure({
          check_rows(items.rows),
          check_length("ends", items.ends.size(), count),
          check_length("flags", items.flags.size(), count),
          check_length("numbers", items.numbers.size(), count * columns),
          check_numbers(items.numbers),
          check_categories(items),
      });
      !status.ok()) {
    return status;
  }
  change_each(count, [&](std::size_t i) {
    const std::uint32_t from = i == 0 ? 0 : items.ends[i - 1];
    attributes_.put({items.rows[i], items.categories.subspan(from, items.ends[i] - from),
                     items.flags[i], items.numbers.subspan(i * columns, columns)});
  });
  return {};
}

Status FilterIndex::set_flag(std::span<const std::uint32_t> rows, std::uint32_t flag, bool on) {
  if (Status status = first_failure({check_rows(rows), check_below("flag", flag, options_.flags)});
      !status.ok()) {
    return status;
  }
  change_each(rows.size(), [&](std::size_t i) { attributes_.set_flag(rows[i], flag, on); });
  return {};
}

Status FilterIndex::set_number(std::span<const std::uint32_t> rows, std::uint32_t column,
                               std::span<const double> values) {
  if (Status status = first_failure({
          check_rows(rows),
          check_below("column", column, options_.columns),
          check_length("values", values.size(), rows.size()),
          check_numbers(values),
      });
      !status.ok()) {
    return status;
  }
  change_each(rows.size(), [&](std::size_t i) { attributes_.set_number(rows[i], column, values[i]); });
  return {};
}

std::size_t FilterIndex::remove(std::span<const std::uint32_t> rows) {
  std::size_t removed = 0;
  change_each(rows.size(), [&](std::size_t i) {
    removed += static_cast<std::size_t>(attributes_.remove(rows[i]));
  });
  return removed;
}

Status FilterIndex::evaluate(std::span<const std::uint32_t> code, Bitmap& into) const {
  const Loan scratch(*this);
  if (Status status = parse(code, schema(), scratch->program); !status.ok()) return status;
  const std::shared_lock reading(gate_);
  plan(scratch->program, attributes_);
  const std::span<Word> words = into.renew(attributes_.all().blocks());
  into.finish(
      vitrine::evaluate(scratch->program, attributes_, *options_.kernels, scratch->words, words));
  return {};
}

Status FilterIndex::estimate(std::span<const std::uint32_t> code, Bounds& bounds) const {
  const Loan scratch(*this);
  if (Status status = parse(code, schema(), scratch->program); !status.ok()) return status;
  const std::shared_lock reading(gate_);
  bounds = plan(scratch->program, attributes_);
  return {};
}

std::size_t FilterIndex::size() const {
  const std::shared_lock reading(gate_);
  return attributes_.all().size();
}

std::size_t FilterIndex::bytes() const {
  const std::shared_lock reading(gate_);
  return attributes_.bytes();
}

}  // namespace vitrine
