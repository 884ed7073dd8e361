// Ctrl-C and SIGTERM as a wish to stop: what is in flight is finished, nothing new is begun. The
// second one ends the process at once.
//
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_INTERRUPT_H_
#define CAIRN_TOOLS_CAIRN_INTERRUPT_H_

#include "absl/time/time.h"

namespace cairn::cli {

// From now on. Without it both signals end the process, as usual.
void CatchInterrupts();

bool Interrupted();

// Whether the time passed without an interrupt.
bool WaitUnlessInterrupted(absl::Duration duration);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_INTERRUPT_H_
