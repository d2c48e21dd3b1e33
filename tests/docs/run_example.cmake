# Runs `program`, which must succeed and print what is in `expected`, if that is not empty.
execute_process(COMMAND ${program} OUTPUT_VARIABLE printed ERROR_VARIABLE complaint
  RESULT_VARIABLE failed TIMEOUT 60)
if(failed)
  message(FATAL_ERROR "it ended with ${failed}\n${printed}${complaint}")
endif()
file(READ ${expected} wanted)
if(NOT wanted STREQUAL "" AND NOT wanted STREQUAL printed)
  message(FATAL_ERROR "it printed\n${printed}but the page says\n${wanted}")
endif()
