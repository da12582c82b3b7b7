// Working memory that is lent and comes back, so that nothing is allocated once everybody has had some.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vitrine {

// Any thread may borrow. A T comes as the last borrower left it.
template <class T>
class Lender {
 public:
  class Loan {
   public:
    Loan(Lender& lender, std::unique_ptr<T> lent) : lender_(&lender), lent_(std::move(lent)) {}
    ~Loan() {
      if (lent_) lender_->give_back(std::move(lent_));
    }
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    T& operator*() const noexcept { return *lent_; }
    T* operator->() const noexcept { return lent_.get(); }

   private:
    Lender* lender_;
    std::unique_ptr<T> lent_;
  };

  Loan borrow() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return {*this, std::make_unique<T>()};
    std::unique_ptr<T> lent = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(lent)};
  }

 private:
  void give_back(std::unique_ptr<T> lent) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(lent));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace vitrine
