# The components of find_package(conecta): conecta::postgres, conecta::mysql and conecta::redis are
# conecta::conecta and a client library, for the header of the same name. There is none where
# pkg-config does not find that library.
set(conecta_components postgres mysql redis)
set(conecta_library_of_postgres libpq)
set(conecta_library_of_mysql libmariadb)
set(conecta_library_of_redis hiredis)

function(conecta_component name)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND AND NOT TARGET conecta::${name})
    pkg_check_modules(conecta_${name}_library QUIET IMPORTED_TARGET GLOBAL
      ${conecta_library_of_${name}})
    if(conecta_${name}_library_FOUND)
      add_library(conecta::${name} INTERFACE IMPORTED GLOBAL)
      target_link_libraries(conecta::${name} INTERFACE
        conecta::conecta PkgConfig::conecta_${name}_library)
    endif()
  endif()
endfunction()
