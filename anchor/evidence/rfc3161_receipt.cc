#include "anchor/evidence/rfc3161_receipt.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/der.h"

namespace cairn::rfc3161 {
namespace {

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the receipt: ", what));
}

absl::Status CheckItem(absl::string_view item) {
  if (absl::Status status = der::CheckForm(item); !status.ok()) return Malformed(status.message());
  if (static_cast<uint8_t>(item[0]) != der::kSequence) return Malformed("an item is no sequence");
  return absl::OkStatus();
}

absl::Status CheckItems(const std::vector<std::string>& items) {
  if (items.size() > kMaxSideItems) return Malformed("too many certificates or CRLs");
  for (auto item = items.begin(); item != items.end(); ++item) {
    if (absl::Status status = CheckItem(*item); !status.ok()) return status;
    if (std::find(items.begin(), item, *item) != item) return Malformed("an item stands twice");
  }
  return absl::OkStatus();
}

absl::Status Check(const Receipt& receipt) {
  if (receipt.response.size() > kMaxResponseBytes) return Malformed("the response is too long");
  if (absl::Status status = CheckItem(receipt.response); !status.ok()) return status;
  if (IsBareToken(receipt.response)) return Malformed(kBareTokenText);
  if (absl::Status status = CheckItems(receipt.certificates); !status.ok()) return status;
  return CheckItems(receipt.crls);
}

absl::StatusOr<absl::string_view> TakeSequence(absl::string_view* rest) {
  const absl::StatusOr<der::Element> element = der::TakeElement(rest);
  if (!element.ok()) return Malformed(element.status().message());
  if (element->tag != der::kSequence) return Malformed("an element is no sequence");
  return element->content;
}

// The elements of a sequence, taken off `rest`.
absl::StatusOr<std::vector<std::string>> TakeItems(absl::string_view* rest) {
  absl::StatusOr<absl::string_view> list = TakeSequence(rest);
  if (!list.ok()) return list.status();
  std::vector<std::string> items;
  while (!list->empty()) {
    const absl::StatusOr<der::Element> item = der::TakeElement(&*list);
    if (!item.ok()) return Malformed(item.status().message());
    if (items.size() == kMaxSideItems) return Malformed("too many certificates or CRLs");
    items.emplace_back(item->whole);
  }
  return items;
}

}  // namespace

// A ContentInfo begins with its type, a TimeStampResp with a PKIStatusInfo.
bool IsBareToken(absl::string_view response) {
  const absl::StatusOr<der::Element> outer = der::TakeElement(&response);
  if (!outer.ok()) return false;
  absl::string_view content = outer->content;
  const absl::StatusOr<der::Element> first = der::TakeElement(&content);
  return first.ok() && first->tag == der::kObjectIdentifier;
}

absl::StatusOr<Receipt> ParseReceipt(absl::string_view bytes) {
  if (bytes.size() > kMaxReceiptBytes) return Malformed("too long");
  absl::string_view rest = bytes;
  const absl::StatusOr<der::Element> response = der::TakeElement(&rest);
  if (!response.ok()) return Malformed(response.status().message());
  Receipt receipt{.response = std::string(response->whole)};
  if (!rest.empty()) {
    absl::StatusOr<absl::string_view> side = TakeSequence(&rest);
    if (!side.ok()) return side.status();
    if (!rest.empty()) return Malformed("bytes after the end");
    absl::StatusOr<std::vector<std::string>> certificates = TakeItems(&*side);
    if (!certificates.ok()) return certificates.status();
    absl::StatusOr<std::vector<std::string>> crls = TakeItems(&*side);
    if (!crls.ok()) return crls.status();
    if (!side->empty()) return Malformed("more than certificates and CRLs");
    if (certificates->empty() && crls->empty()) return Malformed("side data that say nothing");
    receipt.certificates = *std::move(certificates);
    receipt.crls = *std::move(crls);
  }
  if (absl::Status status = Check(receipt); !status.ok()) return status;
  return receipt;
}

absl::StatusOr<std::string> FormatReceipt(const Receipt& receipt) {
  if (absl::Status status = Check(receipt); !status.ok()) return status;
  std::string out = receipt.response;
  if (!receipt.certificates.empty() || !receipt.crls.empty()) {
    std::string certificates;
    for (const std::string& certificate : receipt.certificates) certificates += certificate;
    std::string crls;
    for (const std::string& crl : receipt.crls) crls += crl;
    out += der::Wrap(der::kSequence, absl::StrCat(der::Wrap(der::kSequence, certificates),
                                                  der::Wrap(der::kSequence, crls)));
  }
  if (out.size() > kMaxReceiptBytes) return Malformed("too long");
  return out;
}

}  // namespace cairn::rfc3161
