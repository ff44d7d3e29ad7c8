#ifndef MARTLET_CPU_FEATURES_H
#define MARTLET_CPU_FEATURES_H

#include <stdbool.h>

/// Whether this processor, and the system it runs under, can execute AVX2 and FMA instructions.
bool cpu_features_has_avx2_and_fma(void);

/// Whether this processor, and the system it runs under, can execute AVX-512 instructions (F, BW, DQ, VL), AVX2 and FMA.
bool cpu_features_has_avx512(void);

/// The number of processors that this process may run on.
int cpu_features_processor_count(void);

/// Tells the processor that this thread is spinning on a memory location.
static inline void cpu_features_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

#endif
