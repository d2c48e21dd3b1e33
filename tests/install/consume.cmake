# Uses the library as a stranger would: installs it (way=installed) or embeds it (way=embedded),
# configures and builds tests/install/consumer against it in a directory of its own, and runs what
# comes out. Run with cmake -P; the variables are in tests/CMakeLists.txt.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(failed)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${work_dir})
set(flags "-O1")
if(sanitize)
  string(APPEND flags " -fsanitize=${sanitize}")
endif()
if(way STREQUAL "installed")
  run(${CMAKE_COMMAND} --install ${build_dir} --prefix ${work_dir}/prefix --component library)
  set(where -DCMAKE_PREFIX_PATH=${work_dir}/prefix)
else()
  set(where -DCONECTA_SOURCE_DIR=${source_dir})
endif()
if(Boost_ROOT)
  list(APPEND where -DBoost_ROOT=${Boost_ROOT})
endif()

run(${CMAKE_COMMAND} -G Ninja -S ${source_dir}/tests/install/consumer -B ${work_dir}/build ${where}
  -DCMAKE_CXX_COMPILER=${compiler}
  -DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}
  -DCMAKE_CXX_FLAGS=${flags}
  -DREADME=${source_dir}/README.md)
run(${CMAKE_COMMAND} --build ${work_dir}/build)
file(GLOB programs ${work_dir}/build/programs/*)
foreach(program IN LISTS programs)
  run(${program})
endforeach()
list(LENGTH programs count)
if(count LESS 2)
  message(FATAL_ERROR "only ${count} programs were built")
endif()
