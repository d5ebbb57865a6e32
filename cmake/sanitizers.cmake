# MR_SANITIZE: every finding ends the program, so that a test cannot pass with one.
if(MR_SANITIZE)
  string(REPLACE ";" "," sanitize "${MR_SANITIZE}")
  target_compile_options(mr_platform INTERFACE
    -fsanitize=${sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(mr_platform INTERFACE -fsanitize=${sanitize})
endif()
if(MR_FUZZ)
  # Instrumented everywhere; only the fuzz targets themselves get libFuzzer's main().
  target_compile_options(mr_platform INTERFACE -fsanitize=fuzzer-no-link)
endif()
