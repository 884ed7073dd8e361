// The version of this build.

#ifndef CAIRN_WITNESS_SERVER_VERSION_H_
#define CAIRN_WITNESS_SERVER_VERSION_H_

namespace cairn::server {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_VERSION_H_
